import { expect, test } from "vitest";
import { snapshotWith } from "../operations/snapshot.testing.ts";
import { createFakeClock } from "../testing.ts";
import { createBoard } from "./board.ts";

function open() {
  const counts = { builds: 0 };
  let skipped = 0;
  const { revision: _none, ...snapshot } = snapshotWith();
  const board = createBoard(() => {
    counts.builds += 1;
    return { ...snapshot, skipped };
  }, createFakeClock());
  const change = (next: number): void => {
    skipped = next;
  };
  return { board, counts, change, signal: new AbortController().signal };
}

test("builds the snapshot for those who ask, because something may have changed since", async () => {
  const { board, change, signal } = open();
  const { revision } = board.current();
  change(1);
  expect((await board.newerThan(revision, 1_000, signal)).skipped).toBe(1);
});

test("builds no snapshot for those who only follow", async () => {
  const { board, counts, change, signal } = open();
  const { revision } = board.current();
  const next = board.nextSeen(revision, 1_000, signal);
  change(1);
  board.refresh();
  expect((await next).skipped).toBe(1);
  const { builds } = counts;
  await board.nextSeen(undefined, 1_000, signal);
  expect(counts.builds).toBe(builds);
});
