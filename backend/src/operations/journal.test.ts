import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createSnapshotFeed } from "../status/snapshot-feed.ts";
import { createFakeClock } from "../testing.ts";
import { changes, keepJournal } from "./journal.ts";
import { snapshotWith, workload } from "./snapshot.testing.ts";

const fault = { code: "NO_NETWORK" as const, message: "None.", hint: "" };
const journalOf = (before: Snapshot | null, after: Snapshot) =>
  changes(before, after).map(({ event, problem, facts }) => [event, problem, Object.values(facts).join(" ")]);

test("at the start it says how things are, but not that stored shares were added", () => {
  expect(journalOf(null, snapshotWith({ workloads: [workload("a", {})] }))).toEqual([
    ["node.changed", false, "connected"],
    ["engine.changed", false, "connected 28.2.2 1.50"],
  ]);
});

test("a share is followed from its beginning to its end", () => {
  const without = snapshotWith({ workloads: [workload("a", null)] });
  const pending = snapshotWith({
    workloads: [workload("a", { exposure: { state: "pending", progress: "Starting…" } })],
  });
  const live = snapshotWith({ workloads: [workload("a", {})] });
  const failed = snapshotWith({ workloads: [workload("a", { exposure: { state: "failed", fault } })] });
  expect(journalOf(without, pending)).toEqual([["share.added", false, "name:a node pending"]]);
  expect(journalOf(pending, live)).toEqual([["share.changed", false, "name:a node live"]]);
  expect(journalOf(live, failed)).toEqual([["share.changed", true, "name:a node failed NO_NETWORK"]]);
  expect(journalOf(failed, without)).toEqual([["share.removed", false, "name:a"]]);
  expect(journalOf(failed, snapshotWith())).toEqual([["share.removed", false, "name:a"]]);
});

test("an engine or a node that is away, and lasting faults, are worth a look", () => {
  const away = snapshotWith({ engine: { state: "unreachable", fault }, alerts: [fault] });
  expect(journalOf(snapshotWith(), away)).toEqual([
    ["engine.changed", true, "unreachable"],
    ["alert.raised", true, "NO_NETWORK"],
  ]);
  expect(journalOf(away, snapshotWith()).map(([event, problem]) => [event, problem])).toEqual([
    ["engine.changed", false],
    ["alert.cleared", false],
  ]);
});

test("traffic, and whatever else changes by itself, is nothing to write down", () => {
  const busy = workload("a", { traffic: { received: 5, sent: 5, since: "2026-03-01T12:00:00.000Z" } });
  expect(
    journalOf(snapshotWith({ workloads: [workload("a", {})] }), snapshotWith({ workloads: [busy] })),
  ).toEqual([]);
});

test("a login link is never written down", () => {
  const login = { url: "https://login.tailscale.com/a/secret" };
  const after = snapshotWith({ node: { state: "logged-out", login, fault: null } });
  expect(JSON.stringify(changes(snapshotWith(), after))).not.toContain("secret");
});

test("writes as long as it is told to, once for each change, and tells whoever counts", async () => {
  const { revision: _, ...first } = snapshotWith();
  let now = first;
  const feed = createSnapshotFeed(() => now, createFakeClock());
  const written: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => void written.push(line) });
  const seen: string[] = [];
  const stopping = new AbortController();
  const kept = keepJournal(
    feed,
    { log, onSnapshot: ({ engine }) => seen.push(engine.state) },
    stopping.signal,
  );
  const turn = async () => await new Promise((resolve) => setImmediate(resolve));
  await turn();
  now = { ...first, engine: { state: "connecting" } };
  feed.refresh();
  await turn();
  feed.refresh();
  stopping.abort();
  await kept;
  expect(seen).toEqual(["connected", "connecting"]);
  expect(written.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
    "node.changed",
    "engine.changed",
    "engine.changed",
  ]);
});
