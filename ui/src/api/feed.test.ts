import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { expect, it } from "vitest";
import { unreachable } from "../host/problem.ts";
import { DESKTOP_WORDS } from "../host/words.ts";
import { snapshot } from "../testing/fixtures.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { createFeed, type Link } from "./feed.ts";

interface Asked {
  readonly since: string | null;
  readonly signal: AbortSignal;
  readonly answer: (snapshot: Snapshot) => void;
  readonly fail: (reason: unknown) => void;
}

function setUp() {
  const clock = createManualClock();
  const asked: Asked[] = [];
  const published: string[] = [];
  let link: Link = { failures: 0, problem: null };
  const feed = createFeed({
    clock,
    ask: (since, signal) =>
      new Promise((answer, fail) => {
        asked.push({ since, signal, answer, fail });
      }),
    publish: ({ revision }) => published.push(revision),
    link: (next) => {
      link = next;
    },
  });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  const last = () => {
    const call = asked.at(-1);
    if (!call) throw new Error("nothing was asked");
    return call;
  };
  return { clock, asked, published, feed, settle, last, link: () => link };
}

it("asks plainly first, then for what is newer than the last answer", async () => {
  const { feed, last, published, settle } = setUp();
  feed.start();
  expect(last().since).toBeNull();
  last().answer(snapshot({ revision: "one" }));
  await settle();
  expect(published).toEqual(["one"]);
  expect(last().since).toBe("one");
});

it("starts once, however often it is started", () => {
  const { feed, asked } = setUp();
  feed.start();
  feed.start();
  expect(asked).toHaveLength(1);
});

it("reports the next answer, or that none came in time", async () => {
  const { feed, last, clock, settle } = setUp();
  const reported: string[] = [];
  feed.start();
  void feed.nextAnswer(200).then(() => reported.push("in time"));
  await settle();
  expect(reported).toEqual([]);
  last().answer(snapshot());
  await settle();
  expect(reported).toEqual(["in time"]);
  void feed.nextAnswer(200).then(() => reported.push("late"));
  clock.advance(200);
  await settle();
  expect(reported).toEqual(["in time", "late"]);
});

it("aborts the poll when the panel goes away, and ignores a late answer", async () => {
  const { feed, last, asked, published, settle } = setUp();
  feed.start();
  feed.stop();
  expect(last().signal.aborted).toBe(true);
  last().answer(snapshot());
  await settle();
  expect(published).toEqual([]);
  expect(asked).toHaveLength(1);
});

it("never lets a poll that was under way overwrite a change's answer", async () => {
  const { feed, last, asked, published, settle } = setUp();
  feed.start();
  last().answer(snapshot({ revision: "before" }));
  await settle();
  const older = last();
  const mark = feed.mark();
  await feed.accept(snapshot({ revision: "changed" }), mark);
  older.answer(snapshot({ revision: "older" }));
  await settle();
  expect(published).toEqual(["before", "changed"]);
  expect(older.signal.aborted).toBe(true);
  expect(asked.at(-1)?.since).toBe("changed");
});

it("asks anew when the answers of two changes overlap, because nobody can tell which is newer", async () => {
  const { feed, last, published, settle } = setUp();
  feed.start();
  const [first, second] = [feed.mark(), feed.mark()];
  await feed.accept(snapshot({ revision: "second" }), second);
  const settled = feed.accept(snapshot({ revision: "first" }), first);
  expect(last().since).toBeNull();
  last().answer(snapshot({ revision: "newest" }));
  await settled;
  await settle();
  expect(published).toEqual(["second", "newest"]);
});

it("waits longer after each failure, up to eight seconds", async () => {
  const { feed, asked, last, clock, settle, link } = setUp();
  feed.start();
  for (const [index, wait] of [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000].entries()) {
    last().fail(unreachable(DESKTOP_WORDS));
    await settle();
    expect(link().failures).toBe(index + 1);
    const before = asked.length;
    clock.advance(wait - 1);
    await settle();
    expect(asked).toHaveLength(before);
    clock.advance(1);
    await settle();
    expect(asked).toHaveLength(before + 1);
  }
});

it("starts over with short waits when somebody tries again", async () => {
  const { feed, asked, last, clock, settle, link } = setUp();
  feed.start();
  for (const wait of [250, 500, 1_000, 2_000]) {
    last().fail(unreachable(DESKTOP_WORDS));
    await settle();
    clock.advance(wait);
    await settle();
  }
  feed.retry();
  last().fail(unreachable(DESKTOP_WORDS));
  await settle();
  const before = asked.length;
  clock.advance(250);
  await settle();
  expect(asked).toHaveLength(before + 1);
  expect(link().failures).toBe(1);
});

it("asks plainly after a failure: a backend that was replaced never gave out the old revision", async () => {
  const { feed, last, clock, settle, link } = setUp();
  feed.start();
  last().answer(snapshot());
  await settle();
  last().fail(unreachable(DESKTOP_WORDS));
  await settle();
  expect(link().problem?.code).toBe("BACKEND_UNREACHABLE");
  clock.advance(250);
  await settle();
  expect(last().since).toBeNull();
  last().answer(snapshot());
  await settle();
  expect(link()).toEqual({ failures: 0, problem: null });
});

it("does not run hot when the backend answers without news", async () => {
  const { feed, asked, last, clock, settle } = setUp();
  feed.start();
  last().answer(snapshot({ revision: "same" }));
  await settle();
  last().answer(snapshot({ revision: "same" }));
  await settle();
  expect(asked).toHaveLength(2);
  clock.advance(1_000);
  await settle();
  expect(asked).toHaveLength(3);
});
