import { expect, test } from "vitest";
import { createWorld } from "./loop.testing.ts";

test("brings a share up in one pass: joins, forwards, and then does nothing more", async () => {
  const { start, changes, clock } = createWorld();
  await start();
  expect(changes()).toEqual(["join id-of-app", "forward 1"]);
  await clock.advance(60_000);
  expect(changes()).toEqual(["join id-of-app", "forward 1"]);
});

test("takes a share down and leaves the network when the user says so", async () => {
  const { start, setShares, loop, clock, changes, forwards } = createWorld();
  await start();
  setShares([]);
  loop.trigger("user");
  await clock.advance(0);
  expect(changes().slice(2)).toEqual(["forward 0", "end flows 1", "leave id-of-app"]);
  expect(forwards()).toEqual([]);
});

test("tries a failed step again, later each time, and at once when the user does something", async () => {
  const { start, clock, changes, loop } = createWorld({ refuseJoins: 4 });
  await start();
  expect(changes()).toHaveLength(1);
  expect(loop.failed().map(({ fault }) => fault)).toMatchObject([{ code: "ENGINE_REFUSED" }]);
  await clock.advance(260);
  expect(changes()).toHaveLength(2);
  await clock.advance(260);
  expect(changes()).toHaveLength(2);
  await clock.advance(260);
  expect(changes()).toHaveLength(3);
  loop.trigger("user");
  await clock.advance(0);
  expect(changes()).toHaveLength(4);
  await clock.advance(10_000);
  expect(changes().slice(4)).toEqual(["join id-of-app", "forward 1"]);
  expect(loop.failed().length).toBe(0);
});

test("tells what it would do now, and what failed, when, how often in a row and until when it waits", async () => {
  const { start, clock, loop } = createWorld({ refuseJoins: 2 });
  expect(loop.planned()).toEqual([]);
  await start();
  const firstFailedAt = clock.now();
  expect(loop.planned().map(({ kind }) => kind)).toEqual(["join"]);
  expect(loop.failed()).toMatchObject([
    { step: { kind: "join", networkName: "app" }, fault: { code: "ENGINE_REFUSED" }, attempts: 1 },
  ]);
  await clock.advance(260);
  const [failed] = loop.failed();
  expect(failed).toMatchObject({ attempts: 2 });
  expect(failed?.failedAt).toBeGreaterThan(firstFailedAt);
  expect(failed?.retryAt).toBeGreaterThan(failed?.failedAt ?? 0);
  await clock.advance(10_000);
  expect(loop.planned()).toEqual([]);
  expect(loop.failed()).toEqual([]);
});

test("a burst of hints is a handful of looks, not one for each", async () => {
  const { start, clock, calls, loop } = createWorld();
  await start();
  const before = calls.filter((call) => call === "list").length;
  for (let event = 0; event < 500; event += 1) loop.trigger("hint");
  await clock.advance(200);
  expect(calls.filter((call) => call === "list").length - before).toBeLessThanOrEqual(2);
});

test("an engine that is away is looked for every second, and nothing is withdrawn meanwhile", async () => {
  const { start, clock, loop, changes, setAway, forwards } = createWorld();
  await start();
  setAway(true);
  loop.trigger("hint");
  await clock.advance(5_000);
  expect(loop.observed().engine).toMatchObject({
    state: "unreachable",
    fault: { code: "ENGINE_UNREACHABLE" },
  });
  expect(forwards()).toHaveLength(1);
  setAway(false);
  await clock.advance(1_100);
  expect(loop.observed().engine.state).toBe("connected");
  expect(changes()).toEqual(["join id-of-app", "forward 1"]);
});

test("settled resolves when what was triggered is done, and gives up after its time", async () => {
  const { start, clock, loop } = createWorld();
  await start();
  loop.trigger("user");
  let settled = false;
  const waiting = loop.settled(1_000).then(() => {
    settled = true;
  });
  await clock.advance(0);
  await waiting;
  expect(settled).toBe(true);
});
