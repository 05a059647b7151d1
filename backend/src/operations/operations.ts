import type { Health, Logs } from "@tailnet-share/contract/operations";
import type { Clock } from "../lib/clock.ts";
import type { Loop } from "../reconcile/loop.ts";
import type { SnapshotFeed } from "../status/snapshot-feed.ts";
import type { Meter } from "./meter.ts";
import { readProcess, renderMetrics } from "./metrics.ts";

/** Read-only views of the backend for operators. */
export interface Operations {
  logs(): Promise<Logs>;
  health(): Promise<Health>;
  /** Returns the metrics in Prometheus' text format. */
  metrics(): Promise<string>;
}

export interface OperationsDependencies {
  logs: () => Promise<Logs>;
  health: () => Promise<Health>;
  meter: Meter;
  feed: CountingFeed;
  loop: Pick<Loop, "trigger" | "settled">;
  clock: Clock;
}

/** How long metrics wait for an observation. Milliseconds. */
const LOOK_MS = 500;

export function createOperations({
  logs,
  health,
  meter,
  feed,
  loop,
  clock,
}: OperationsDependencies): Operations {
  return {
    logs,
    health,
    async metrics() {
      // Reading metrics counts as watching: byte counts aren't read while nobody watches.
      if (!feed.opened()) {
        loop.trigger("urgent");
        await loop.settled(LOOK_MS);
      }
      return renderMetrics({
        meter: meter.read(),
        snapshot: feed.current(),
        process: readProcess(clock.now()),
      });
    },
  };
}

export interface CountingFeed extends SnapshotFeed {
  /** Whether a panel is watching or was a moment ago. */
  watched(): boolean;
  /** Records that somebody starts watching. Returns whether somebody already was. */
  opened(): boolean;
}

/** Longest gap between two polls of a panel, including all delays. Milliseconds. */
const WATCHED_MS = 30_000;

/** Counts the callers that wait on the feed for news. */
export function countingFeed(
  feed: SnapshotFeed,
  meter: Pick<Meter, "pollOpened">,
  clock: Clock,
): CountingFeed {
  let waiting = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  const watched = () => waiting > 0 || clock.monotonic() - askedAt < WATCHED_MS;
  return {
    ...feed,
    watched,
    opened() {
      const before = watched();
      askedAt = clock.monotonic();
      return before;
    },
    async newerThan(since, ms, signal) {
      const answered = meter.pollOpened();
      waiting += 1;
      try {
        return await feed.newerThan(since, ms, signal);
      } finally {
        waiting -= 1;
        askedAt = clock.monotonic();
        answered();
      }
    },
  };
}
