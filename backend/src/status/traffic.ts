import type { ShareView, Traffic } from "@tailnet-share/contract/share";
import type { Clock } from "../lib/clock.ts";

type ShareTraffic = ShareView["traffic"];

/**
 * Sums up a share's bytes from counters that restart at zero: when a port moves, a container stops, or the ruleset is made again. Kept in
 * memory, so `since` tells when counting began in this process.
 */
export interface TrafficCounter {
  /** `counters`: the current counters of the share, by stable names. Returns the sum since the first call for this share. */
  count(workload: string, counters: ReadonlyMap<string, Traffic>): ShareTraffic;
  /** Forgets all other shares: a share that is switched on again starts at zero. */
  keepOnly(workloads: Iterable<string>): void;
}

interface Memory {
  readonly sum: ShareTraffic;
  readonly counters: ReadonlyMap<string, Traffic>;
}

export function createTrafficCounter(clock: Clock): TrafficCounter {
  const known = new Map<string, Memory>();
  return {
    count(workload, counters) {
      const { sum, counters: before } = known.get(workload) ?? nothing(clock.now());
      let { received, sent } = sum;
      for (const [name, now] of counters) {
        received += growth(before.get(name)?.received, now.received);
        sent += growth(before.get(name)?.sent, now.sent);
      }
      const next = { ...sum, received, sent };
      known.set(workload, { sum: next, counters });
      return next;
    },
    keepOnly(workloads) {
      const kept = new Set(workloads);
      for (const workload of known.keys()) if (!kept.has(workload)) known.delete(workload);
    },
  };
}

function nothing(now: number): Memory {
  return { sum: { received: 0, sent: 0, since: new Date(now).toISOString() }, counters: new Map() };
}

/** A counter that shows less than before was reset. */
function growth(before = 0, now: number): number {
  return now >= before ? now - before : now;
}
