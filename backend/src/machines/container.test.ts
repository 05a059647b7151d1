import { expect, test } from "vitest";
import { machineRuntime } from "../testing.ts";
import { machineSpec } from "./container.ts";

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
