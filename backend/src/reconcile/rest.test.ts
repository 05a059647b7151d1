import { expect, test } from "vitest";
import { createListeners } from "../dataplane/listeners.ts";
import { MACHINE_RHYTHM, NODE_RHYTHM, watchHeartbeat } from "../tailscale/daemon/heartbeat.ts";
import { createFakeClock, share } from "../testing.ts";
import { createWorld } from "./loop.testing.ts";

/* Counts the backend's work while nothing happens. Figures in seconds are the benchmark's. */

const MINUTE = 60_000;

/** Runs a loop at rest for five minutes. Returns how often per minute it looks, and lists rules and connections. */
async function rest(watched: boolean) {
  const world = createWorld({ watched });
  await world.start();
  await world.clock.advance(MINUTE);
  const before = { looks: world.looks(), changes: world.changes().length, ...world.listed };
  await world.clock.advance(5 * MINUTE);
  expect(world.changes()).toHaveLength(before.changes);
  return {
    looks: (world.looks() - before.looks) / 5,
    rules: (world.listed.rules - before.rules) / 5,
    flows: (world.listed.flows - before.flows) / 5,
  };
}

test("while nobody looks, the engine is asked and rules are listed once a minute at most", async () => {
  const { looks, rules, flows } = await rest(false);
  expect(looks).toBeLessThanOrEqual(1);
  expect(looks).toBeGreaterThan(0.7);
  expect(rules).toBe(looks);
  expect(flows).toBe(looks);
});

test("while somebody looks, everything is looked at six times a minute", async () => {
  const { looks, rules } = await rest(true);
  expect(looks).toBeGreaterThanOrEqual(5);
  expect(looks).toBeLessThanOrEqual(6);
  expect(rules).toBe(looks);
});

test("events of containers that nobody shares cause no listing of rules while nobody looks", async () => {
  const world = createWorld({ watched: false });
  await world.start();
  await world.clock.advance(MINUTE);
  const { rules } = world.listed;
  const looks = world.looks();
  for (let second = 0; second < 60; second += 1) {
    world.loop.trigger("hint");
    await world.clock.advance(1_000);
  }
  expect(world.looks() - looks).toBeGreaterThan(5);
  expect(world.listed.rules - rules).toBeLessThanOrEqual(2);
});

test("while somebody looks and the node shares nothing, the passes of two seconds share one listing of rules", async () => {
  const world = createWorld({ watched: true, shares: [] });
  await world.start();
  await world.clock.advance(MINUTE);
  const { rules } = world.listed;
  const looks = world.looks();
  for (let turn = 0; turn < 120; turn += 1) {
    world.loop.trigger("event");
    await world.clock.advance(500);
  }
  expect(world.looks() - looks).toBeGreaterThan(100);
  expect(world.listed.rules - rules).toBeGreaterThanOrEqual(20);
  expect(world.listed.rules - rules).toBeLessThanOrEqual(30);
});

test("rules are listed at once after they were changed, and when somebody begins to look", async () => {
  const world = createWorld({ watched: false, shares: [] });
  await world.start();
  const before = world.listed.rules;
  world.setShares([share("web")]);
  world.loop.trigger("user");
  await world.clock.advance(100);
  expect(world.changes()).toEqual(["join id-of-app", "forward 1"]);
  expect(world.listed.rules).toBeGreaterThan(before);
  expect(world.loop.observed().forwards).toHaveLength(1);
  const changed = world.listed.rules;
  world.loop.trigger("urgent");
  await world.clock.advance(100);
  expect(world.listed.rules).toBe(changed);
  world.setWatched(true);
  world.loop.trigger("urgent");
  await world.clock.advance(100);
  expect(world.listed.rules).toBe(changed + 1);
});

test("an event of a shared container reaches the rules within half a second while nobody looks", async () => {
  const world = createWorld({ watched: false, shares: [] });
  await world.start();
  await world.clock.advance(MINUTE);
  world.setShares([share("web")]);
  world.loop.trigger("event");
  await world.clock.advance(500);
  expect(world.changes()).toEqual(["join id-of-app", "forward 1"]);
});

/** Counts how often per minute a healthy daemon is asked. */
async function beats(rhythm: typeof NODE_RHYTHM, watched: boolean): Promise<number> {
  const clock = createFakeClock();
  const stopping = new AbortController();
  let asked = 0;
  const signOfLife = async () => {
    asked += 1;
    return await Promise.resolve({ outOfSync: false });
  };
  const callbacks = { onChange: () => undefined, watched: () => watched };
  void watchHeartbeat({ signOfLife, ...callbacks, rhythm, clock }, stopping.signal);
  await clock.advance(10 * MINUTE);
  stopping.abort();
  return asked / 10;
}

test.each([
  ["the node's", NODE_RHYTHM, false, 12],
  ["the node's, while somebody looks,", NODE_RHYTHM, true, 40],
  ["a machine's", MACHINE_RHYTHM, false, 2],
  ["a machine's, while somebody looks,", MACHINE_RHYTHM, true, 14],
])(
  "%s tailscaled is asked for a sign of life a bounded number of times a minute",
  async (_whose, rhythm, watched, most) => {
    const asked = await beats(rhythm, watched);
    expect(asked).toBeLessThanOrEqual(most);
    expect(asked).toBeGreaterThan(most / 2);
  },
);

test("a daemon that stops answering while nobody looks is said to be silent as soon as it is asked, and ended as soon after", async () => {
  const clock = createFakeClock();
  const changes: string[] = [];
  let silent = false;
  const signOfLife = async () =>
    await (silent ? Promise.reject(new Error("no")) : Promise.resolve({ outOfSync: false }));
  const end = watchHeartbeat(
    { signOfLife, onChange: (how) => changes.push(how), watched: () => false, clock },
    new AbortController().signal,
  );
  await clock.advance(MINUTE);
  silent = true;
  await clock.advance(NODE_RHYTHM.restMs + NODE_RHYTHM.everyMs);
  expect(changes).toEqual(["silent"]);
  await clock.advance(NODE_RHYTHM.mostSilent * NODE_RHYTHM.everyMs);
  await expect(end).resolves.toBe("silent");
});

test("a hundred shared ports are tried every five minutes while nobody looks, and at once when somebody does", async () => {
  const clock = createFakeClock();
  const stopping = new AbortController();
  let tries = 0;
  let watched = false;
  const listeners = createListeners({
    async tryIt() {
      tries += 1;
      return await Promise.resolve("taken" as const);
    },
    onChange: () => undefined,
    watched: () => watched,
    clock,
  });
  const forwards = Array.from({ length: 100 }, (_, index) => ({
    ...{ protocol: "tcp" as const, nodePort: 21_000 + index, address: "172.18.0.5", port: 80 },
  }));
  void listeners.run(stopping.signal);
  listeners.see(forwards);
  await clock.advance(30 * MINUTE);
  expect(tries).toBeLessThanOrEqual(700);
  expect(tries).toBeGreaterThan(500);
  await clock.advance(2 * MINUTE);
  const before = tries;
  watched = true;
  listeners.see(forwards);
  await clock.advance(0);
  expect(tries - before).toBe(100);
  stopping.abort();
});
