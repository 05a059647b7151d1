import { expect, test } from "vitest";
import type { Flows } from "../../dataplane/data-plane.ts";
import { createFakeClock } from "../../testing.ts";
import { createVisitorsLook } from "./visitors.ts";

const forward = { protocol: "tcp" as const, nodePort: 80, address: "172.18.0.5", port: 80 };
const network = { address: "172.18.0.9", forwards: [forward] };
const flow = (idleSeconds: number): Flows => ({ ...forward, visitors: ["a"], idleSeconds });
const never = new AbortController().signal;

interface World {
  /** How long the list takes; never when infinite. Milliseconds. */
  listMs?: number;
  flows?: readonly Flows[] | null;
  /** Packet count of the network interface at each reading. */
  packets?: () => number | null;
}

function world({ listMs = 0, flows = [], packets = () => 0 }: World) {
  const clock = createFakeClock();
  let lists = 0;
  const look = createVisitorsLook(
    {
      async flows() {
        lists += 1;
        if (listMs > 0) await clock.sleep(listMs);
        if (flows === null) throw new Error("the kernel doesn't tell");
        return flows;
      },
      packets,
    },
    clock,
  );
  return { ...look, clock, lists: () => lists };
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
  ["nobody visits", {}, { idle: true, at: 0 }],
  ["somebody visits", { flows: [flow(0)] }, { idle: false, at: 0 }],
  ["a browser keeps its connection", { flows: [flow(60)] }, { idle: true, at: 0 }],
  ["the kernel doesn't list visitors", { flows: null }, { idle: false, at: 0 }],
  ["the list takes a moment", { listMs: 4, flows: [flow(0)] }, { idle: false, at: 4 }],
  ["the list takes long and nothing passes", { listMs: INFINITE }, { idle: true, at: 25 }],
  ["the list comes before that is known", { listMs: 20, flows: [flow(0)] }, { idle: false, at: 20 }],
  ["the list takes long and packets pass", { listMs: 90, packets: passing() }, { idle: true, at: 90 }],
  [
    "the same, and somebody visits",
    { listMs: 90, packets: passing(), flows: [flow(0)] },
    { idle: false, at: 90 },
  ],
  [
    "the list takes long and packets can't be counted",
    { listMs: 90, packets: () => null },
    { idle: true, at: 90 },
  ],
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

test("answers that nothing is known when an event comes first, and then shares the listing that is under way", async () => {
  const { unvisited, clock, lists } = world({ listMs: 100, packets: passing(), flows: [] });
  const event = new AbortController();
  const first = unvisited([network], never, event.signal);
  await clock.advance(10);
  event.abort();
  expect(await first).toEqual([]);
  const second = unvisited([network], never, never);
  await clock.advance(90);
  expect(await second).toEqual([network]);
  expect(lists()).toBe(1);
});
