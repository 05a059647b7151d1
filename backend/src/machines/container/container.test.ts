import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { ownContainerBody } from "../../engine/own-container-body.ts";
import { container, machineRuntime } from "../../testing.ts";
import { machineContainers, machineSpec } from "./container.ts";

function udpPort(key: string, targetId: string): number {
  const wish = { key, name: "web", targetId, targetStartedAt: "now", reachTailnet: false, tag: "" };
  const port = machineSpec(wish, machineRuntime).entrypoint.find((argument) =>
    argument.startsWith("--port="),
  );
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

test("a container that somebody else has labelled is none of ours, whatever key it claims [S072]", () => {
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

const WISH = {
  ...{ key: "00000000000000aa", name: "web", targetId: "web", targetStartedAt: "now" },
  ...{ reachTailnet: false, tag: "" },
};

test("a machine gets the extension's proxies and authorities, and is made again when the authorities change", () => {
  const proxies = { HTTPS_PROXY: "http://10.0.0.9:3128", no_proxy: "localhost,172.16.0.0/12" };
  const [first = "", second = ""] = rootCertificates;
  const spec = machineSpec(WISH, { ...machineRuntime, environment: proxies, authorities: first });
  expect(spec.environment).toMatchObject({
    ...proxies,
    SSL_CERT_FILE: expect.stringMatching(/^\/state\/authorities-[0-9a-f]{8}\.pem$/),
  });
  for (const [name, value] of Object.entries(spec.environment))
    expect(ownContainerBody.shape.Env.safeParse([`${name}=${value}`]).success, name).toBe(true);
  const changed = machineSpec(WISH, { ...machineRuntime, environment: proxies, authorities: second });
  expect(changed.labels["tailnet-share.spec"]).not.toBe(spec.labels["tailnet-share.spec"]);
  expect(machineSpec(WISH, machineRuntime).environment).not.toHaveProperty("SSL_CERT_FILE");
});

test.each([
  "SSL_CERT_FILE=/etc/passwd",
  "SSL_CERT_DIR=/state",
  "SSL_CERT_FILE=/state/../authorities-00000000.pem",
  "LD_PRELOAD=/state/x.so",
  "PROXY=http://x",
  "HTTPS_PROXY=http://x\nLD_PRELOAD=/state/x.so",
])("no container of ours can be given %j", (variable) => {
  expect(ownContainerBody.shape.Env.safeParse([variable]).success).toBe(false);
});
