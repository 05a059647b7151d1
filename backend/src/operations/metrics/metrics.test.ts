import { expect, test } from "vitest";
import { snapshotWith, workload } from "../snapshot.testing.ts";
import { readExposition } from "./exposition.testing.ts";
import { createMeter } from "./meter.ts";
import { readProcess, renderMetrics } from "./metrics.ts";

const own = { residentBytes: 1, heapBytes: 2, cpuSeconds: 3.5, startedAt: 4, openFiles: 5 };
const fault = { code: "NO_NETWORK" as const, message: "None.", hint: "" };

function readAll(snapshot = snapshotWith(), meter = createMeter()) {
  return readExposition(renderMetrics({ meter: meter.read(), snapshot, process: own }));
}

test("everything is there from the start, in the format's grammar, with the usual names and units", () => {
  const families = readAll();
  expect([...families.keys()]).toContain("process_resident_memory_bytes");
  for (const [name, { type, help }] of families) {
    expect(name).toMatch(/^(tailnet_share|process|nodejs)_[a-z_]+$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    expect(help).toMatch(/\.$|1\.$/);
  }
});

test("shares are counted by mode and state, with a zero where there are none", () => {
  const families = readAll(
    snapshotWith({
      workloads: [
        workload("a", {}),
        workload("b", {}),
        workload("c", { mode: "machine", exposure: { state: "failed", fault } }),
        workload("d", null),
      ],
    }),
  );
  const samples = families.get("tailnet_share_shares")?.samples ?? [];
  expect(samples).toHaveLength(10);
  const filled = samples.filter(({ value }) => value > 0);
  expect(filled.map(({ labels, value }) => [labels.mode, labels.state, value])).toEqual([
    ["node", "live", 2],
    ["machine", "failed", 1],
  ]);
});

test("passes, failures by kind, restarts, reconnects, bytes and polls are those that were counted", () => {
  const meter = createMeter();
  meter.passEnded(0.02);
  meter.stepEnded("machine-login", "failed");
  for (let start = 0; start < 3; start += 1) meter.tailscaledStarted();
  for (const state of ["connected", "unreachable", "connected"] as const) meter.engineSeen(state);
  meter.trafficSeen(new Map([["tcp_80", { received: 7, sent: 9 }]]));
  meter.pollOpened();
  const families = readAll(snapshotWith(), meter);
  const values = (name: string) => families.get(name)?.samples.map(({ value }) => value);
  expect(families.get("tailnet_share_reconcile_seconds")?.samples.at(-1)?.value).toBe(1);
  expect(families.get("tailnet_share_steps_total")?.samples).toEqual([
    { name: "tailnet_share_steps_total", labels: { kind: "machine-login", outcome: "failed" }, value: 1 },
  ]);
  expect(values("tailnet_share_tailscaled_restarts_total")).toEqual([2]);
  expect(values("tailnet_share_engine_reconnects_total")).toEqual([1]);
  expect(values("tailnet_share_bytes_total")).toEqual([7, 9]);
  expect(values("tailnet_share_long_polls")).toEqual([1]);
});

test("nothing that a user or a container is called is in it [S083]", () => {
  const snapshot = snapshotWith({ workloads: [workload('secret-name"\n', {})] });
  const text = renderMetrics({ meter: createMeter().read(), snapshot, process: own });
  expect(text).not.toContain("secret-name");
});

test("a process can be read", () => {
  const { residentBytes, cpuSeconds, startedAt } = readProcess(Date.now());
  expect(residentBytes).toBeGreaterThan(1e6);
  expect(cpuSeconds).toBeGreaterThan(0);
  expect(startedAt).toBeGreaterThan(1e9);
});
