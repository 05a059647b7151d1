import { expect, test } from "vitest";
import type { Answer } from "../ports/answer.ts";
import { createFakeClock } from "../testing.ts";
import type { Forward } from "./data-plane.ts";
import { createListeners } from "./listeners.ts";

const WEB: Forward = { protocol: "tcp", nodePort: 8080, address: "172.18.0.3", port: 80 };

function listeners() {
  const clock = createFakeClock();
  const world = { answer: "taken" as Answer, tries: [] as number[], changes: 0 };
  const stopping = new AbortController();
  const watch = createListeners({
    tryIt: async () => {
      world.tries.push(clock.now());
      return await Promise.resolve(world.answer);
    },
    onChange: () => {
      world.changes += 1;
    },
    clock,
  });
  const ended = watch.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  return { watch, clock, world, stop };
}

test("probes a new port at once, and a listening one only once a minute", async () => {
  const { watch, clock, world, stop } = listeners();
  watch.see([WEB]);
  await clock.advance(59_999);
  watch.see([WEB]);
  await clock.advance(0);
  expect(world.tries).toHaveLength(1);
  await clock.advance(1);
  expect(world.tries).toHaveLength(2);
  expect([...watch.unanswered()]).toEqual([]);
  expect(world.changes).toBe(0);
  await stop();
});

test("retries a refusal before reporting it, and notices a slow starter within two seconds", async () => {
  const { watch, clock, world, stop } = listeners();
  world.answer = "refused";
  watch.see([WEB]);
  await clock.advance(0);
  expect([...watch.unanswered()]).toEqual([]);
  await clock.advance(250);
  expect([...watch.unanswered()]).toEqual([["tcp_8080", "refused"]]);
  await clock.advance(600_000);
  expect(world.changes).toBe(1);
  world.answer = "taken";
  await clock.advance(2_000);
  expect([...watch.unanswered()]).toEqual([]);
  expect(world.changes).toBe(2);
  await stop();
});

test("reports no answer after the second timeout, and retries with backoff", async () => {
  const { watch, clock, world, stop } = listeners();
  world.answer = "none";
  watch.see([WEB]);
  await clock.advance(0);
  expect([...watch.unanswered()]).toEqual([]);
  await clock.advance(250);
  expect([...watch.unanswered()]).toEqual([["tcp_8080", "none"]]);
  await clock.advance(100_000);
  expect(world.tries.length).toBeLessThan(15);
  world.answer = "refused";
  await clock.advance(10_000);
  expect([...watch.unanswered()]).toEqual([["tcp_8080", "refused"]]);
  world.answer = "taken";
  await clock.advance(10_000);
  expect([...watch.unanswered()]).toEqual([]);
  await stop();
});

test("keeps its results when a probe fails locally", async () => {
  const { watch, clock, world, stop } = listeners();
  world.answer = "refused";
  watch.see([WEB]);
  await clock.advance(250);
  world.answer = null;
  await clock.advance(60_000);
  expect([...watch.unanswered()]).toEqual([["tcp_8080", "refused"]]);
  await stop();
});

test("another target is tried at once, what is gone is forgotten, and UDP is left alone", async () => {
  const { watch, clock, world, stop } = listeners();
  world.answer = "refused";
  watch.see([WEB, { ...WEB, protocol: "udp", nodePort: 53 }]);
  await clock.advance(1_000);
  expect([...watch.unanswered()]).toEqual([["tcp_8080", "refused"]]);
  world.tries = [];
  watch.see([{ ...WEB, address: "172.18.0.9" }]);
  expect([...watch.unanswered()]).toEqual([]);
  await clock.advance(0);
  expect(world.tries).toHaveLength(1);
  watch.see([]);
  await clock.advance(600_000);
  expect(world.tries).toHaveLength(1);
  await stop();
});
