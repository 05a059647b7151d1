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
  /** `conntrack`'s list; null when it fails. */
  flows?: readonly Flows[] | null;
  /** How long `conntrack` takes; never when infinite. Milliseconds. */
  listMs?: number;
  /** How long the kernel's own list takes before it is given up. Milliseconds. */
  atOnceMs?: number;
  /** Packet count of the network interface at each reading. */
  packets?: () => number | null;
}

function world({ atOnce = null, flows = [], listMs = 0, atOnceMs = 0, packets = () => 0 }: World) {
  const clock = createFakeClock();
  let spentMs = 0;
  const lists = { atOnce: 0, programs: 0 };
  const look = createVisitorsLook(
    {
      flowsAtOnce() {
        lists.atOnce += 1;
        spentMs += atOnceMs;
        return atOnce;
      },
      async flows() {
        lists.programs += 1;
        if (listMs > 0) await clock.sleep(listMs);
        if (flows === null) throw new Error("the kernel doesn't tell");
        return flows;
      },
      packets,
    },
    { ...clock, monotonic: () => clock.monotonic() + spentMs },
  );
  return { ...look, clock, lists };
}

function passing(): () => number {
  let count = 0;
  return () => {
    count += 1;
    return count;
  };
}

const INFINITE = Number.POSITIVE_INFINITY;
/* `at`: milliseconds until the answer. */
test.each<[string, World, { idle: boolean; at: number }]>([
  ["nobody visits", { atOnce: [] }, { idle: true, at: 0 }],
  ["somebody visits", { atOnce: [flow(0)] }, { idle: false, at: 0 }],
  ["a browser keeps its connection", { atOnce: [flow(60)] }, { idle: true, at: 0 }],
  ["the list is too long and nothing passes", { listMs: INFINITE }, { idle: true, at: 20 }],
  ["packets pass, and nobody visits", { listMs: 90, packets: passing() }, { idle: true, at: 110 }],
  [
    "packets pass, and somebody visits",
    { listMs: 90, packets: passing(), flows: [flow(0)] },
    { idle: false, at: 110 },
  ],
  ["packets pass, and nobody lists visitors", { packets: passing(), flows: null }, { idle: false, at: 20 }],
  ["packets can't be counted", { listMs: 90, packets: () => null }, { idle: true, at: 110 }],
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

test("starts no program while nothing passes, and reads the kernel's list once for containers that stop together", async () => {
  const { unvisited, clock, lists } = world({});
  const both = [unvisited([network], never, never), unvisited([network], never, never)];
  await clock.advance(20);
  expect(await Promise.all(both)).toEqual([[network], [network]]);
  expect(lists).toEqual({ atOnce: 1, programs: 0 });
  const later = unvisited([network], never, never);
  expect(lists.atOnce).toBe(2);
  await clock.advance(20);
  expect(await later).toEqual([network]);
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

test("answers that nothing is known when an event comes first, and then shares the listing that is under way", async () => {
  const { unvisited, clock, lists } = world({ listMs: 100, packets: passing(), flows: [] });
  const event = new AbortController();
  const first = unvisited([network], never, event.signal);
  await clock.advance(30);
  event.abort();
  expect(await first).toEqual([]);
  const second = unvisited([network], never, never);
  await clock.advance(90);
  expect(await second).toEqual([network]);
  expect(lists.programs).toBe(1);
});
