import type { StoredShare } from "./stored-share.ts";

/** Shares that were removed since the backend started, for undoing a removal: no container may show a share's name any more. */
export interface RecentlyRemoved {
  add(removed: readonly StoredShare[]): void;
  /** The share that was removed most recently from a workload. */
  get(workload: string): StoredShare | undefined;
}

/** Maximum number of shares; the oldest are dropped. */
const KEPT = 1_000;

export function createRecentlyRemoved(): RecentlyRemoved {
  const shares = new Map<string, StoredShare>();
  return {
    add(removed) {
      for (const share of removed) shares.set(share.workload, share);
      for (const workload of [...shares.keys()].slice(0, -KEPT)) shares.delete(workload);
    },
    get: (workload) => shares.get(workload),
  };
}
