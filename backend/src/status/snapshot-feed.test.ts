import { expect, test } from "vitest";
import { snapshotWith } from "../operations/snapshot.testing.ts";
import { createFakeClock } from "../testing.ts";
import { createSnapshotFeed } from "./snapshot-feed.ts";

function open() {
  const counts = { builds: 0 };
  let skipped = 0;
  const { revision: _none, ...snapshot } = snapshotWith();
  const feed = createSnapshotFeed(() => {
    counts.builds += 1;
    return { ...snapshot, skipped };
  }, createFakeClock());
  const change = (next: number): void => {
    skipped = next;
  };
  return { feed, counts, change, signal: new AbortController().signal };
}

test("builds the snapshot for those who ask, because something may have changed since", async () => {
  const { feed, change, signal } = open();
  const { revision } = feed.current();
  change(1);
  expect((await feed.newerThan(revision, 1_000, signal)).skipped).toBe(1);
});

test("builds no snapshot for those who only follow", async () => {
  const { feed, counts, change, signal } = open();
  const { revision } = feed.current();
  const next = feed.nextSeen(revision, 1_000, signal);
  change(1);
  feed.refresh();
  expect((await next).skipped).toBe(1);
  const { builds } = counts;
  await feed.nextSeen(undefined, 1_000, signal);
  expect(counts.builds).toBe(builds);
});
