import { randomBytes } from "node:crypto";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Clock } from "../lib/clock.ts";

/** Holds the present snapshot and tells those who wait for a newer one. */
export interface SnapshotFeed {
  current(): Snapshot;
  /** Looks anew; a snapshot that differs gets a new revision. */
  refresh(): void;
  /** The present snapshot when its revision is not `since`, else the next one, else after `ms` the present one. */
  newerThan(since: string | undefined, ms: number, signal: AbortSignal): Promise<Snapshot>;
  /** The same without a look of its own: the snapshot is as new as somebody else's last look. */
  nextSeen(since: string | undefined, ms: number, signal: AbortSignal): Promise<Snapshot>;
}

export function createSnapshotFeed(build: () => Omit<Snapshot, "revision">, clock: Clock): SnapshotFeed {
  // Revisions of an earlier process must not look like ours, or a panel would wait for news that it never had.
  const boot = randomBytes(4).toString("hex");
  let number = 0;
  let text = "";
  let snapshot: Snapshot | null = null;
  const waiting = new Set<() => void>();

  function refresh(): Snapshot {
    const next = build();
    const nextText = JSON.stringify(next);
    if (snapshot !== null && nextText === text) return snapshot;
    number += 1;
    text = nextText;
    snapshot = { revision: `${boot}.${number}`, ...next };
    for (const tell of [...waiting]) tell();
    return snapshot;
  }

  async function unlike(since: string | undefined, now: Snapshot, ms: number, signal: AbortSignal) {
    if (since === undefined || now.revision !== since) return now;
    const over = new AbortController();
    await new Promise<void>((resolve) => {
      const done = () => {
        waiting.delete(done);
        over.abort();
        resolve();
      };
      waiting.add(done);
      clock.sleep(ms, AbortSignal.any([signal, over.signal])).then(done, done);
    });
    return snapshot ?? refresh();
  }

  return {
    current: refresh,
    refresh: () => void refresh(),
    newerThan: async (since, ms, signal) => await unlike(since, refresh(), ms, signal),
    nextSeen: async (since, ms, signal) => await unlike(since, snapshot ?? refresh(), ms, signal),
  };
}
