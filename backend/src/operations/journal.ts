import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Logger } from "pino";
import type { SnapshotFeed } from "../status/snapshot-feed.ts";

/** A log entry for a user who reads the log later. `problem`: needs attention. */
export interface Entry {
  problem: boolean;
  event:
    | "node.changed"
    | "engine.changed"
    | "share.added"
    | "share.removed"
    | "share.changed"
    | "alert.raised"
    | "alert.cleared";
  facts: Readonly<Record<string, string>>;
}

/** Returns the differences between two snapshots as log entries. They contain no secret and no link. Pure. */
export function changes(before: Snapshot | null, after: Snapshot): Entry[] {
  // Shares that exist when the backend starts are not new.
  const shares = before === null ? [] : shareChanges(before, after);
  return [...nodeChanges(before, after), ...shares, ...alertChanges(before, after)];
}

function nodeChanges(before: Snapshot | null, { node, engine }: Snapshot): Entry[] {
  const entries: Entry[] = [];
  if (node.state !== before?.node.state) {
    const fault = "fault" in node ? node.fault : null;
    entries.push({
      problem: node.state === "failed" || node.state === "expired",
      event: "node.changed",
      facts: { state: node.state, ...(fault ? { fault: fault.code } : {}) },
    });
  }
  if (engine.state !== before?.engine.state) {
    entries.push({
      problem: engine.state === "unreachable",
      event: "engine.changed",
      facts: {
        state: engine.state,
        ...(engine.state === "connected" ? { version: engine.version, api: engine.apiVersion } : {}),
      },
    });
  }
  return entries;
}

function shareChanges(before: Snapshot, after: Snapshot): Entry[] {
  const known = new Map(before.workloads.map((workload) => [workload.id, workload.share]));
  const entries = after.workloads.flatMap(({ id, share }): Entry[] => {
    const old = known.get(id) ?? null;
    if (share === null)
      return old === null ? [] : [{ problem: false, event: "share.removed", facts: { workload: id } }];
    const state = share.exposure.state;
    const fault = share.exposure.state === "failed" ? { fault: share.exposure.fault.code } : {};
    if (old === null)
      return [
        { problem: false, event: "share.added", facts: { workload: id, mode: share.mode, state, ...fault } },
      ];
    if (old.exposure.state === state && old.mode === share.mode) return [];
    return [
      {
        problem: state === "failed",
        event: "share.changed",
        facts: { workload: id, mode: share.mode, state, ...fault },
      },
    ];
  });
  const present = new Set(after.workloads.map(({ id }) => id));
  const gone = [...known].filter(([id, share]) => share !== null && !present.has(id));
  return [
    ...entries,
    ...gone.map(([id]): Entry => ({ problem: false, event: "share.removed", facts: { workload: id } })),
  ];
}

function alertChanges(before: Snapshot | null, after: Snapshot): Entry[] {
  const codes = (snapshot: Snapshot | null) => new Set(snapshot?.alerts.map(({ code }) => code));
  const old = codes(before);
  const now = codes(after);
  return [
    ...[...now]
      .filter((code) => !old.has(code))
      .map((code): Entry => ({ problem: true, event: "alert.raised", facts: { code } })),
    ...[...old]
      .filter((code) => !now.has(code))
      .map((code): Entry => ({ problem: false, event: "alert.cleared", facts: { code } })),
  ];
}

const WORDS: Record<Entry["event"], string> = {
  "node.changed": "the node's state changed",
  "engine.changed": "the engine's state changed",
  "share.added": "a share was added",
  "share.removed": "a share was removed",
  "share.changed": "a share's state changed",
  "alert.raised": "something lasting is wrong",
  "alert.cleared": "something lasting is well again",
};

function write(log: Logger, { problem, event, facts }: Entry): void {
  if (problem) log.warn({ event, ...facts }, WORDS[event]);
  else log.info({ event, ...facts }, WORDS[event]);
}

/** Longest wait without a change. Milliseconds. */
const WAIT_MS = 3_600_000;

/** Logs changes until the signal; passes every snapshot that differs from the previous one to `onSnapshot`. */
export async function keepJournal(
  feed: Pick<SnapshotFeed, "nextSeen">,
  { log, onSnapshot }: { log: Logger; onSnapshot: (snapshot: Snapshot) => void },
  signal: AbortSignal,
): Promise<void> {
  let before: Snapshot | null = null;
  while (!signal.aborted) {
    const now: Snapshot = await feed.nextSeen(before?.revision, WAIT_MS, signal);
    if (now.revision === before?.revision) continue;
    for (const entry of changes(before, now)) write(log, entry);
    onSnapshot(now);
    before = now;
  }
}
