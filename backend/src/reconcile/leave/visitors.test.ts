import { expect, test } from "vitest";
import type { Flows } from "../../dataplane/data-plane.ts";
import { createFakeClock } from "../../testing.ts";
import { createVisitorsLook } from "./visitors.ts";

const forward = { protocol: "tcp" as const, nodePort: 80, address: "172.18.0.5", port: 80 };
const network = { address: "172.18.0.9", forwards: [forward] };
const flow = (idleSeconds: number): Flows => ({ ...forward, visitors: ["a"], idleSeconds });
const never = new AbortController().signal;

interface World {
  /** The kernel's own list; null when it takes too long. */
  atOnce?: readonly Flows[] | null;
  /** How long the kernel's own list takes before it is given up. Milliseconds. */
  atOnceMs?: number;
  /** Packet count of the network interface at each reading. */
  packets?: () => number | null;
}

function world({ atOnce = null, atOnceMs = 0, packets = () => 0 }: World) {
  const clock = createFakeClock();
  let spentMs = 0;
  let lists = 0;
  const look = createVisitorsLook(
    {
      flowsAtOnce() {
        lists += 1;
        spentMs += atOnceMs;
        return atOnce;
      },
      packets,
    },
    { ...clock, monotonic: () => clock.monotonic() + spentMs },
  );
  return { ...look, clock, lists: () => lists };
}

/** Counts up at each of the first `most` readings. */
function passing(most = Number.POSITIVE_INFINITY): () => number {
  let count = 0;
  return () => {
    count = Math.min(most, count + 1);
    return count;
  };
}

/* `at`: milliseconds until the answer. */
test.each<[string, World, { idle: boolean; at: number }]>([
  ["nobody visits", { atOnce: [] }, { idle: true, at: 0 }],
  ["somebody visits", { atOnce: [flow(0)] }, { idle: false, at: 0 }],
  ["a browser keeps its connection", { atOnce: [flow(60)] }, { idle: true, at: 0 }],
  ["the list is too long and nothing passes", {}, { idle: true, at: 20 }],
  ["the list is too long and packets pass", { packets: passing() }, { idle: false, at: 20 }],
  ["the list is too long and packets can't be counted", { packets: () => null }, { idle: false, at: 20 }],
])("%s", async (_what, options, { idle, at }) => {
  const { unvisited, clock } = world(options);
  let answer: readonly unknown[] | null = null;
  void unvisited([network], never, never).then((networks) => {
    answer = networks;
  });
  await clock.advance(Math.max(0, at - 1));
  if (at > 0) expect(answer).toBeNull();
  await clock.advance(1);
  expect(answer).toEqual(idle ? [network] : []);
});

test("reads the kernel's list once for containers that stop together, and again for those that stop later", async () => {
  const { unvisited, clock, lists } = world({ atOnce: [] });
  expect(await Promise.all([unvisited([network], never, never), unvisited([network], never, never)])).toEqual(
    [[network], [network]],
  );
  expect(lists()).toBe(1);
  await clock.advance(20);
  await unvisited([network], never, never);
  expect(lists()).toBe(2);
});

test("finds a network unvisited as soon as its container has closed its connections, without another long list", async () => {
  const { unvisited, clock, lists } = world({ packets: passing(3) });
  const first = unvisited([network], never, never);
  await clock.advance(20);
  expect(await first).toEqual([]);
  const second = unvisited([network], never, never);
  await clock.advance(20);
  expect(await second).toEqual([network]);
  expect(lists()).toBe(1);
  await clock.advance(1_000);
  void unvisited([network], never, never);
  expect(lists()).toBe(2);
});

test("counts the time that the kernel's list took", async () => {
  const { unvisited, clock } = world({ atOnceMs: 15 });
  let answer: readonly unknown[] | null = null;
  void unvisited([network], never, never).then((networks) => {
    answer = networks;
  });
  await clock.advance(4);
  expect(answer).toBeNull();
  await clock.advance(1);
  expect(answer).toEqual([network]);
});

test("answers that nothing is known when an event comes first", async () => {
  const { unvisited, clock } = world({});
  const event = new AbortController();
  const answer = unvisited([network], never, event.signal);
  await clock.advance(10);
  event.abort();
  expect(await answer).toEqual([]);
});
