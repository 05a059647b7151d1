import { expect, test } from "vitest";
import { container, machineRuntime } from "../testing.ts";
import { machineContainers, machineSpec } from "./container.ts";

function udpPort(key: string, targetId: string): number {
  const wish = { key, name: "web", targetId, targetStartedAt: "now", reachTailnet: false, tag: "" };
  const port = machineSpec(wish, machineRuntime).entrypoint.find((one) => one.startsWith("--port="));
  return Number(port?.slice("--port=".length));
}

test("a machine has the same UDP port after every start, where no server listens, and not the next one's", () => {
  const port = udpPort("00000000000000aa", "first");
  expect(udpPort("00000000000000aa", "second")).toBe(port);
  expect(udpPort("abcdef00000000aa", "first")).not.toBe(port);
  for (const key of ["0000000000000000", "ffffffffffffffff", "abcdef00000000aa"]) {
    expect(udpPort(key, "first")).toBeGreaterThanOrEqual(32_768);
    expect(udpPort(key, "first")).toBeLessThan(61_000);
  }
});

test("a container that somebody else has labelled is none of ours, whatever key it claims", () => {
  const labelled = (key: string) =>
    container(key, {
      networkMode: { kind: "container", id: "web" },
      labels: {
        "tailnet-share.role": "machine",
        "tailnet-share.installation": machineRuntime.installation,
        "tailnet-share.machine": key,
      },
    });
  const keys = ["00000000000000aa", "../../../etc", "00000000000000aa/..", "", "00000000000000AA"];
  const found = machineContainers(keys.map(labelled), machineRuntime.installation);
  expect(found.map(({ key }) => key)).toEqual(["00000000000000aa"]);
});

test("a machine that lives in this installation's volume is ours although the installation's name was lost", () => {
  const key = "00000000000000aa";
  const wish = { key, name: "web", targetId: "web", targetStartedAt: "now", reachTailnet: false, tag: "" };
  const { labels, directories } = machineSpec(wish, machineRuntime);
  const made = container("m", {
    labels,
    networkMode: { kind: "container", id: "web" },
    directories: [...directories.values()],
  });
  const { hostStateDirectory } = machineRuntime;
  expect(machineContainers([made], "another name", hostStateDirectory)).toHaveLength(1);
  expect(machineContainers([made], "another name", "/volumes/another")).toEqual([]);
  expect(machineContainers([made], "another name")).toEqual([]);
});
