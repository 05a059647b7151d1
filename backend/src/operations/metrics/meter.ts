import type { EngineState } from "@tailnet-share/contract/node";
import type { Traffic } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { type ActiveForward, forwardKey } from "../../dataplane/data-plane.ts";
import type { HistogramValue } from "./exposition.ts";

/** Counts events since the process started. */
export interface Meter {
  passEnded(seconds: number): void;
  stepEnded(kind: string, outcome: "done" | "failed"): void;
  tailscaledStarted(): void;
  /** The state of the engine at each observation. */
  engineSeen(state: EngineState["state"]): void;
  /** Counts a poll as open until the returned function is called. */
  pollOpened(): () => void;
  /** Takes the current byte counters by key. A counter may reset at any time. */
  trafficSeen(counters: ReadonlyMap<string, Traffic>): void;
  read(): MeterReading;
}

export interface MeterReading {
  passes: HistogramValue;
  steps: readonly { kind: string; outcome: "done" | "failed"; count: number }[];
  tailscaledStarts: number;
  engineConnections: number;
  openPolls: number;
  traffic: Traffic;
}

/** Seconds. An observation takes tens of milliseconds on a quiet engine and ten seconds on a hanging one. */
const PASS_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMeter(): Meter {
  const buckets = PASS_BUCKETS.map((most) => ({ most, count: 0 }));
  const passes = { sum: 0, count: 0 };
  const steps = new Map<string, { kind: string; outcome: "done" | "failed"; count: number }>();
  let tailscaledStarts = 0;
  let engineConnections = 0;
  let engineState: EngineState["state"] = "connecting";
  let openPolls = 0;
  let lastSeen: ReadonlyMap<string, Traffic> = new Map();
  const total: Traffic = { received: 0, sent: 0 };

  return {
    passEnded(seconds) {
      passes.sum += seconds;
      passes.count += 1;
      for (const bucket of buckets) if (seconds <= bucket.most) bucket.count += 1;
    },
    stepEnded(kind, outcome) {
      const key = `${kind} ${outcome}`;
      const entry = steps.get(key) ?? { kind, outcome, count: 0 };
      entry.count += 1;
      steps.set(key, entry);
    },
    tailscaledStarted() {
      tailscaledStarts += 1;
    },
    engineSeen(state) {
      if (state === "connected" && engineState !== "connected") engineConnections += 1;
      engineState = state;
    },
    pollOpened() {
      openPolls += 1;
      return () => {
        openPolls -= 1;
      };
    },
    trafficSeen(counters) {
      for (const [key, now] of counters) {
        const before = lastSeen.get(key) ?? { received: 0, sent: 0 };
        total.received += growth(before.received, now.received);
        total.sent += growth(before.sent, now.sent);
      }
      lastSeen = new Map(counters);
    },
    read: () => ({
      passes: { ...passes, buckets: buckets.map((bucket) => ({ ...bucket })) },
      steps: [...steps.values()].map((entry) => ({ ...entry })),
      tailscaledStarts,
      engineConnections,
      openPolls,
      traffic: { ...total },
    }),
  };
}

/** Returns the byte counters: one per node port and one per machine. */
export function trafficCounters(
  forwards: readonly ActiveForward[],
  { workloads }: Pick<Snapshot, "workloads">,
): Map<string, Traffic> {
  const ports = forwards.map((forward) => [forwardKey(forward), forward.traffic] as const);
  const machines = workloads.flatMap(({ share }) =>
    share?.machine ? [[`machine ${share.machine.name}`, share.traffic] as const] : [],
  );
  return new Map([...ports, ...machines]);
}

/** A counter with a lower value than before has reset. */
function growth(before: number, now: number): number {
  return now >= before ? now - before : now;
}
