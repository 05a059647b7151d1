import { expect, test } from "vitest";
import { share } from "../testing.ts";
import { createWorld } from "./loop.testing.ts";

const TEN_SECONDS = 10_000;
const FOREVER = 3_600_000;

test("an engine that hangs is said to be away within seven seconds, not before five, and what is set up stays", async () => {
  const { start, clock, loop, setSlow, forwards } = createWorld();
  await start();
  setSlow(FOREVER);
  loop.trigger("hint");
  await clock.advance(5_000);
  expect(loop.observed()).toMatchObject({ engine: { state: "connected" }, fresh: false });
  await clock.advance(2_000);
  expect(loop.observed()).toMatchObject({
    engine: { state: "unreachable", fault: { code: "ENGINE_UNREACHABLE" } },
    fresh: false,
  });
  expect(forwards()).toHaveLength(1);
});

test("closes a withdrawn share at once while the engine hangs, and leaves the network when it answers again", async () => {
  const { start, clock, loop, setSlow, setShares, forwards, changes } = createWorld();
  await start();
  setSlow(TEN_SECONDS);
  loop.trigger("hint");
  await clock.advance(3_100);
  setSlow(0);
  setShares([]);
  loop.trigger("user");
  await clock.advance(10);
  expect(forwards()).toEqual([]);
  expect(changes()).not.toContain("leave id-of-app");
  await clock.advance(TEN_SECONDS);
  expect(changes().at(-1)).toBe("leave id-of-app");
  expect(loop.observed().engine.state).toBe("connected");
});

test("shares a container while the engine takes ten seconds for every call, and joins its network once", async () => {
  const { start, clock, loop, setSlow, forwards, changes } = createWorld();
  setSlow(TEN_SECONDS);
  await start();
  await clock.advance(60_000);
  expect(forwards()).toHaveLength(1);
  expect(changes()).toEqual(["join id-of-app", "forward 1"]);
  // Being slow once more is no reason to report the engine as unreachable.
  expect(loop.observed().engine.state).toBe("connected");
});

test("a network that is joined slowly holds up no withdrawal", async () => {
  const { start, clock, loop, setSlow, setShares, forwards, changes } = createWorld();
  await start();
  expect(forwards()).toHaveLength(1);
  setSlow(1_000);
  const elsewhere = share("elsewhere", { ports: [{ port: 80, protocol: "tcp", nodePort: 81 }] });
  setShares([share("web"), elsewhere]);
  loop.trigger("user");
  await clock.advance(500);
  setSlow(FOREVER);
  await clock.advance(600);
  expect(changes().at(-1)).toBe("join id-of-other");
  setShares([elsewhere]);
  loop.trigger("user");
  await clock.advance(6_500);
  expect(forwards()).toEqual([]);
});

test("nothing is forwarded into a network whose join is taken back, however slowly it is left", async () => {
  const { start, clock, loop, setSlow, setShares, forwards, changes } = createWorld({
    shares: [],
    joinsMoveEgress: true,
  });
  await start();
  setSlow(1_000);
  setShares([share("web")]);
  loop.trigger("user");
  await clock.advance(1_500);
  expect(changes()).toEqual(["join id-of-app"]);
  // The join takes a second, and the leave that follows it ten.
  setSlow(TEN_SECONDS);
  await clock.advance(1_000);
  expect(changes().at(-1)).toBe("leave id-of-app");
  setSlow(0);
  await clock.advance(4_000);
  expect(loop.observed().fresh).toBe(true);
  expect(forwards()).toEqual([]);
  await clock.advance(TEN_SECONDS);
  expect(changes().filter((call) => call.startsWith("forward"))).toEqual([]);
  expect(loop.failures().of({ kind: "join", networkId: "id-of-app" })).toMatchObject({
    code: "EGRESS_MOVED",
  });
});

test("nothing is planned from what the engine showed before it became slow", async () => {
  const { start, clock, loop, setSlow, setShares, changes } = createWorld({ shares: [] });
  await start();
  setSlow(TEN_SECONDS);
  loop.trigger("hint");
  await clock.advance(11_000);
  setShares([share("web")]);
  loop.trigger("user");
  await clock.advance(5_000);
  expect(loop.observed()).toMatchObject({ engine: { state: "connected" }, fresh: false });
  expect(changes()).toEqual([]);
});
