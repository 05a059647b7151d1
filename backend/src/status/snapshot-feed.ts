import { randomBytes } from "node:crypto";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Clock } from "../lib/clock.ts";
import { createSleeper } from "../lib/timing.ts";

/** Holds the current snapshot and resolves requests that wait for a newer one. */
export interface SnapshotFeed {
  current(): Snapshot;
  /** Builds the snapshot again; if it differs, it gets a new revision. */
  refresh(): void;
  /** Returns the current snapshot if its revision is not `since`, else the next one; after `ms` the current one. */
  newerThan(since: string | undefined, ms: number, signal: AbortSignal): Promise<Snapshot>;
  /** Like `newerThan`, but without building a snapshot: uses the result of the last refresh. */
  nextSeen(since: string | undefined, ms: number, signal: AbortSignal): Promise<Snapshot>;
}

export function createSnapshotFeed(build: () => Omit<Snapshot, "revision">, clock: Clock): SnapshotFeed {
  // Revisions of an earlier process must not look like ours, or a panel would wait although it lacks the current snapshot.
  const boot = randomBytes(4).toString("hex");
  let number = 0;
  let text = "";
  let snapshot: Snapshot | null = null;
  const waiting = createSleeper(clock);

  function refresh(): Snapshot {
    const next = build();
    const nextText = JSON.stringify(next);
    if (snapshot !== null && nextText === text) return snapshot;
    number += 1;
    text = nextText;
    snapshot = { revision: `${boot}.${number}`, ...next };
    waiting.wake();
    return snapshot;
  }

  async function unlike(since: string | undefined, now: Snapshot, ms: number, signal: AbortSignal) {
    if (since === undefined || now.revision !== since) return now;
    await waiting.sleep(ms, signal);
    return snapshot ?? refresh();
  }

  return {
    current: refresh,
    refresh: () => void refresh(),
    newerThan: async (since, ms, signal) => await unlike(since, refresh(), ms, signal),
    nextSeen: async (since, ms, signal) => await unlike(since, snapshot ?? refresh(), ms, signal),
  };
}
