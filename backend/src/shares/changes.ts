import { withRetiring } from "./retiring.ts";
import { SHARES_VERSION, type SharesFile, type StoredShare } from "./stored-share.ts";

/** The content of the shares' file, without its version. Every function here is pure and returns the next content. */
export type Stored = Omit<SharesFile, "version">;

/** A share's container under its current name. */
export type Rebinding = Pick<StoredShare, "workload" | "name" | "project" | "image" | "lastContainerId">;

/** Adds a share, or replaces the one that its workload has. */
export function withShare({ shares, retiring }: Stored, share: StoredShare): Stored {
  const isSame = ({ workload }: StoredShare) => workload === share.workload;
  const isNew = !shares.some(isSame);
  return {
    shares: isNew ? [...shares, share] : shares.map((before) => (isSame(before) ? share : before)),
    retiring,
  };
}

export function withoutShare({ shares, retiring }: Stored, workload: string): Stored {
  return { shares: shares.filter((share) => share.workload !== workload), retiring };
}

/** Moves a workload's share to another name of its container. Changes nothing if that name has a share. */
export function rebound(before: Stored, workload: string, to: Rebinding): Stored {
  const { shares, retiring } = before;
  // The user may have shared it since this was planned, and two shares never merge.
  if (to.workload !== workload && shares.some((share) => share.workload === to.workload)) return before;
  return {
    shares: shares.map((share) => (share.workload === workload ? { ...share, ...to } : share)),
    retiring: retiring.map((machine) =>
      machine.workload === workload ? { ...machine, workload: to.workload } : machine,
    ),
  };
}

/** Marks a retiring machine whose device stays in its tailnet. */
export function withDismissed({ shares, retiring }: Stored, key: string): Stored {
  return {
    shares,
    retiring: retiring.map((machine) => (machine.key === key ? { ...machine, dismissed: true } : machine)),
  };
}

export function withoutRetiring({ shares, retiring }: Stored, key: string): Stored {
  return { shares, retiring: retiring.filter((machine) => machine.key !== key) };
}

/** The file after a change. Returns `before` itself if nothing changed. `now`: milliseconds since the epoch. */
export function fileAfter(before: SharesFile, next: Stored, now: number): SharesFile {
  const after: SharesFile = { version: SHARES_VERSION, ...withRetiring(before, next, now) };
  return JSON.stringify(after) === JSON.stringify(before) ? before : after;
}
