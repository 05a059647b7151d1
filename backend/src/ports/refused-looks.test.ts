import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import type { Listener } from "./listening.ts";
import { createRefusedLooks } from "./refused-looks.ts";

const LOOPBACK: Listener = { port: 80, protocol: "tcp", addresses: ["127.0.0.1"] };
const WEB = { workload: "name:web", containerId: "a", young: false };

function world() {
  const clock = createFakeClock();
  const state = { looks: [] as number[], changes: 0, found: [] as Listener[] | null };
  const stopping = new AbortController();
  const looks = createRefusedLooks({
    look: async () => {
      state.looks.push(clock.now());
      return await Promise.resolve(state.found);
    },
    onChange: () => {
      state.changes += 1;
    },
    clock,
  });
  const ended = looks.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  return { looks, state, clock, stop };
}

test("looks at once when a port refuses, a few times more, and never again", async () => {
  const { looks, state, clock, stop } = world();
  looks.see([WEB]);
  await clock.advance(0);
  expect(state.looks).toHaveLength(1);
  expect(looks.listeners().get("name:web")).toEqual([]);
  state.found = [LOOPBACK];
  await clock.advance(3_000);
  expect(looks.listeners().get("name:web")).toEqual([LOOPBACK]);
  expect(state.changes).toBe(2);
  looks.see([WEB]);
  await clock.advance(3_600_000);
  expect(state.looks).toHaveLength(4);
  await stop();
});

test("starts no helper for a program that listens within three seconds of its container's start", async () => {
  const { looks, state, clock, stop } = world();
  looks.see([{ ...WEB, young: true }]);
  await clock.advance(2_900);
  expect(state.looks).toEqual([]);
  await clock.advance(100);
  expect(state.looks).toHaveLength(1);
  looks.see([{ ...WEB, containerId: "b", young: true }]);
  await clock.advance(1_000);
  looks.see([]);
  await clock.advance(3_600_000);
  expect(state.looks).toHaveLength(1);
  await stop();
});

test("forgets a port that no longer refuses, and starts over for a new container", async () => {
  const { looks, state, clock, stop } = world();
  looks.see([WEB]);
  await clock.advance(0);
  looks.see([]);
  expect(looks.listeners().size).toBe(0);
  looks.see([{ ...WEB, containerId: "b" }]);
  await clock.advance(0);
  expect(state.looks).toHaveLength(2);
  await stop();
});

test("reports nothing when a look fails", async () => {
  const { looks, state, clock, stop } = world();
  state.found = null;
  looks.see([WEB]);
  await clock.advance(60_000);
  expect(looks.listeners().size).toBe(0);
  expect(state.changes).toBe(0);
  await stop();
});
