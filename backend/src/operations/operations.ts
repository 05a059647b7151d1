import type { Health, Logs } from "@tailnet-share/contract/operations";
import type { Clock } from "../lib/clock.ts";
import type { Loop } from "../reconcile/loop.ts";
import type { SnapshotFeed } from "../status/snapshot-feed.ts";
import type { Meter } from "./metrics/meter.ts";
import { readProcess, renderMetrics } from "./metrics/metrics.ts";

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

/** Readers of the snapshot: panels, and callers of the metrics. */
export interface Audience {
  /** Returns whether a panel is watching or was a moment ago. */
  watched(): boolean;
  /** Records that somebody starts watching. Returns whether somebody already was. */
  opened(): boolean;
  /** Counts somebody as watching until the answer has come. */
  during<T>(answer: () => Promise<T>): Promise<T>;
}

/** Longest gap between two polls of a panel, including all delays. Milliseconds. */
const WATCHED_MS = 30_000;

export function createAudience(meter: Pick<Meter, "pollOpened">, clock: Clock): Audience {
  let waiting = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  const watched = () => waiting > 0 || clock.monotonic() - askedAt < WATCHED_MS;
  return {
    watched,
    opened() {
      const before = watched();
      askedAt = clock.monotonic();
      return before;
    },
    async during(answer) {
      const answered = meter.pollOpened();
      waiting += 1;
      try {
        return await answer();
      } finally {
        waiting -= 1;
        askedAt = clock.monotonic();
        answered();
      }
    },
  };
}

export interface CountingFeed extends SnapshotFeed, Pick<Audience, "watched" | "opened"> {}

/** The feed for panels. Counts the callers that wait for a new snapshot as its audience. */
export function countingFeed(feed: SnapshotFeed, { watched, opened, during }: Audience): CountingFeed {
  return {
    ...feed,
    watched,
    opened,
    newerThan: async (since, ms, signal) => await during(async () => await feed.newerThan(since, ms, signal)),
  };
}
