import { expect, test } from "vitest";
import { createMeter, trafficCounters } from "./meter.ts";

test("bytes only ever rise, whatever begins anew, comes or goes", () => {
  const meter = createMeter();
  const see = (counters: Record<string, number>) => {
    meter.trafficSeen(
      new Map(Object.entries(counters).map(([key, bytes]) => [key, { received: bytes, sent: 2 * bytes }])),
    );
    return meter.read().traffic;
  };
  expect(see({ tcp_80: 100 })).toEqual({ received: 100, sent: 200 });
  expect(see({ tcp_80: 150, tcp_81: 10 })).toEqual({ received: 160, sent: 320 });
  // Counter 80 restarted; 81 is gone, but its bytes still count.
  expect(see({ tcp_80: 20 })).toEqual({ received: 180, sent: 360 });
  expect(see({ tcp_80: 20, tcp_81: 5 })).toEqual({ received: 185, sent: 370 });
});

test("passes fall into every bucket that is large enough for them", () => {
  const meter = createMeter();
  for (const seconds of [0.01, 0.2, 60]) meter.passEnded(seconds);
  const { buckets, sum, count } = meter.read().passes;
  expect({ sum, count }).toEqual({ sum: 60.21, count: 3 });
  expect(buckets.find(({ most }) => most === 0.01)?.count).toBe(1);
  expect(buckets.find(({ most }) => most === 0.25)?.count).toBe(2);
  expect(buckets.at(-1)).toEqual({ most: 10, count: 2 });
});

test("steps are counted by kind and outcome", () => {
  const meter = createMeter();
  for (const outcome of ["done", "failed", "failed"] as const) meter.stepEnded("join", outcome);
  expect(meter.read().steps).toEqual([
    { kind: "join", outcome: "done", count: 1 },
    { kind: "join", outcome: "failed", count: 2 },
  ]);
});

test("an engine is counted whenever it is there again, and polls as long as they wait", () => {
  const meter = createMeter();
  for (const state of ["connecting", "connected", "connected", "unreachable", "connected"] as const)
    meter.engineSeen(state);
  expect(meter.read().engineConnections).toBe(2);
  const answered = [meter.pollOpened(), meter.pollOpened()];
  answered[0]?.();
  expect(meter.read().openPolls).toBe(1);
});

test("there is a counter for each port on the node, and one for each machine", () => {
  const traffic = { received: 1, sent: 2 };
  const forward = { protocol: "tcp" as const, nodePort: 80, address: "172.18.0.2", port: 8080, traffic };
  const machine = { machine: { name: "web" }, traffic };
  const workloads = [{ share: machine }, { share: { machine: null, traffic } }, { share: null }];
  const counters = trafficCounters([forward], { workloads } as unknown as Parameters<
    typeof trafficCounters
  >[1]);
  expect([...counters.keys()]).toEqual(["tcp_80", "machine web"]);
});
