import type { ShareView, Traffic } from "@tailnet-share/contract/share";
import type { Clock } from "../lib/clock.ts";

type ShareTraffic = ShareView["traffic"];

/**
 * Sums up a share's bytes from counters that come and go: a port that is moved, a container that stops, and a ruleset that is
 * made anew all begin at zero. Kept in memory, so it knows of nothing before this process, and says so.
 */
export interface TrafficCounter {
  /** What a share's counters show now, by a name that stays theirs. Answers the sum since it was first asked about this share. */
  count(workload: string, counters: ReadonlyMap<string, Traffic>): ShareTraffic;
  /** Forgets all other shares: whoever is switched on again begins anew. */
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

/** A counter that shows less than before has begun anew. */
function growth(before = 0, now: number): number {
  return now >= before ? now - before : now;
}
