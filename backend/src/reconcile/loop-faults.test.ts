import { expect, test } from "vitest";
import { attachment, container, share } from "../testing.ts";
import { createWorld } from "./loop.testing.ts";

test("a share whose time is over is closed although it cannot be written down, and the others go on", async () => {
  const { start, clock, loop, broken, setShares, changes, forwards } = createWorld();
  await start();
  broken.store = true;
  const elsewhere = share("elsewhere", { ports: [{ port: 80, protocol: "tcp", nodePort: 81 }] });
  setShares([share("web", { until: clock.now() + 1_000 }), elsewhere]);
  loop.trigger("user");
  await clock.advance(1_100);
  expect(forwards()).toMatchObject([{ nodePort: 81 }]);
  expect(changes()).toContain("leave id-of-app");
  expect(loop.failures().of({ kind: "expire", workload: "name:web" })).toMatchObject({
    code: "STORE_UNWRITABLE",
  });
  broken.store = false;
  await clock.advance(1_000);
  expect(changes().at(-1)).toBe("unshare name:web");
  expect(loop.failed().length).toBe(0);
});

test("while the rules cannot be replaced, the network waits for it, and the loop rests", async () => {
  const { start, clock, loop, broken, setShares, changes, looks } = createWorld();
  await start();
  broken.rules = true;
  setShares([]);
  loop.trigger("user");
  const before = looks();
  await clock.advance(10);
  expect(changes().at(-1)).toBe("forward 0");
  expect(looks() - before).toBeLessThanOrEqual(2);
  broken.rules = false;
  await clock.advance(300);
  expect(changes().slice(-3)).toEqual(["forward 0", "end flows 1", "leave id-of-app"]);
});

test("ten networks that are joined slowly hold a withdrawal up no longer than one", async () => {
  const { start, clock, loop, broken, addContainers, setShares, forwards } = createWorld();
  await start();
  const names = Array.from({ length: 10 }, (_, index) => `slow${index}`);
  const more = names.map((name) => container(name, { networks: [attachment(name, "172.20.0.5")] }));
  const slow = names.map((name, index) =>
    share(name, { ports: [{ port: 80, protocol: "tcp", nodePort: 100 + index }] }),
  );
  addContainers(more);
  broken.joinMs = 3_600_000;
  setShares([share("web"), ...slow]);
  loop.trigger("user");
  await clock.advance(100);
  setShares(slow);
  loop.trigger("user");
  await clock.advance(3_100);
  expect(forwards()).toEqual([]);
});

test("a network whose join was not answered, and took the way out, is left before anything is forwarded into it", async () => {
  const { start, clock, loop, broken, changes, forwards } = createWorld({ joinsMoveEgress: true });
  broken.joinAnswers = true;
  await start();
  await clock.advance(100);
  expect(changes().slice(0, 2)).toEqual(["join id-of-app", "leave id-of-app"]);
  expect(loop.failures().of({ kind: "join", networkId: "id-of-app" })).toMatchObject({
    code: "ENGINE_UNREACHABLE",
  });
  broken.joinAnswers = false;
  await clock.advance(5_000);
  expect(loop.failures().of({ kind: "join", networkId: "id-of-app" })).toMatchObject({
    code: "EGRESS_MOVED",
  });
  expect(changes().at(-1)).toBe("leave id-of-app");
  expect(forwards()).toEqual([]);
});

test("leaves a network joined by a backend that was killed before it could verify the default route", async () => {
  const { start, clock, loop, changes, forwards } = createWorld({
    joinsMoveEgress: true,
    joinedBefore: ["app"],
  });
  await start();
  await clock.advance(100);
  expect(changes()).toEqual(["leave id-of-app", "join id-of-app", "leave id-of-app"]);
  expect(loop.failures().of({ kind: "join", networkId: "id-of-app" })).toMatchObject({
    code: "EGRESS_MOVED",
  });
  expect(forwards()).toEqual([]);
});

test("an engine that is away is looked for once a second, also while something waits to be tried again", async () => {
  const { start, clock, loop, setAway, looks, changes } = createWorld({ refuseJoins: 3 });
  await start();
  setAway(true);
  loop.trigger("user");
  await clock.advance(100);
  const before = loop.lastPassEndedAt();
  let passes = 0;
  for (let ms = 0; ms < 3_000; ms += 50) {
    const last = loop.lastPassEndedAt();
    await clock.advance(50);
    if (loop.lastPassEndedAt() !== last) passes += 1;
  }
  expect(before).not.toBeNull();
  expect(passes).toBeLessThanOrEqual(4);
  expect(looks()).toBeGreaterThan(0);
  expect(changes()).toHaveLength(1);
});

test("connections that could not be ended are ended later", async () => {
  const { start, clock, loop, broken, setShares, setFlows, changes } = createWorld();
  await start();
  broken.flows = true;
  setFlows([
    { protocol: "tcp", nodePort: 80, address: "172.18.0.5", port: 80, visitors: [], idleSeconds: 0 },
  ]);
  setShares([]);
  loop.trigger("user");
  await clock.advance(10);
  expect(changes().slice(-2)).toEqual(["end flows 1", "leave id-of-app"]);
  expect(loop.failures().of({ kind: "end-flows" })).toMatchObject({ code: "DATAPLANE_FAILED" });
  broken.flows = false;
  await clock.advance(1_000);
  expect(changes().filter((call) => call.startsWith("end flows"))).toHaveLength(2);
  expect(loop.failed().length).toBe(0);
  await clock.advance(60_000);
  expect(changes().filter((call) => call.startsWith("end flows"))).toHaveLength(2);
});

/** Advances in steps: a pass needs more turns than a clock that jumps allows. */
async function seconds(clock: ReturnType<typeof createWorld>["clock"], count: number): Promise<void> {
  for (let tenth = 0; tenth < count * 10; tenth += 1) await clock.advance(100);
}

test("a share goes by another of its container's networks when the first cannot be joined, and stays there", async () => {
  const { start, clock, loop, closed, addContainers, setShares, changes, forwards } = createWorld({
    shares: [],
  });
  const both = container("both", {
    networks: [attachment("aa", "172.17.0.5"), attachment("bb", "172.19.0.5")],
  });
  addContainers([both]);
  closed.add("id-of-aa");
  await start();
  setShares([share("both")]);
  loop.trigger("user");
  await seconds(clock, 1);
  expect(changes().filter((call) => call.startsWith("join"))).toEqual(["join id-of-aa", "join id-of-bb"]);
  expect(forwards()).toMatchObject([{ address: "172.19.0.5" }]);
  closed.clear();
  for (const _ of "three") {
    loop.trigger("user");
    await seconds(clock, 60);
  }
  expect(changes().filter((call) => call.startsWith("join") || call.startsWith("leave"))).toHaveLength(2);
  expect(forwards()).toMatchObject([{ address: "172.19.0.5" }]);
});

test("networks that cannot be joined are tried in turn, each less and less often, until one can", async () => {
  const { start, clock, loop, closed, addContainers, setShares, changes, forwards } = createWorld({
    shares: [],
  });
  const both = container("both", {
    networks: [attachment("aa", "172.17.0.5"), attachment("bb", "172.19.0.5")],
  });
  addContainers([both]);
  for (const name of ["aa", "bb"]) closed.add(`id-of-${name}`);
  await start();
  setShares([share("both")]);
  loop.trigger("user");
  await seconds(clock, 60);
  const joins = (name: string) => changes().filter((call) => call === `join id-of-${name}`).length;
  for (const name of ["aa", "bb"]) {
    expect(joins(name)).toBeGreaterThan(2);
    expect(joins(name)).toBeLessThan(15);
  }
  closed.delete("id-of-bb");
  await seconds(clock, 60);
  expect(forwards()).toMatchObject([{ address: "172.19.0.5" }]);
});

test("a share tries each other network of a container once that gives no answer, unless somebody is connected", async () => {
  const world = createWorld({ shares: [] });
  const { start, clock, loop, silent, addContainers, setShares, setFlows, changes, forwards } = world;
  const attachments = [attachment("aa", "172.17.0.5"), attachment("bb", "172.19.0.5")];
  addContainers([container("both", { networks: attachments, life: "first" })]);
  await start();
  setShares([share("both")]);
  loop.trigger("user");
  await seconds(clock, 1);
  expect(forwards()).toMatchObject([{ address: "172.17.0.5" }]);

  const visited = { protocol: "tcp" as const, nodePort: 80, address: "172.17.0.5", port: 80 };
  setFlows([{ ...visited, visitors: ["100.64.0.9"], idleSeconds: 0 }]);
  silent.add("tcp_80");
  await seconds(clock, 30);
  expect(forwards()).toMatchObject([{ address: "172.17.0.5" }]);

  setFlows([]);
  await seconds(clock, 11);
  expect(forwards()).toMatchObject([{ address: "172.19.0.5" }]);
  await seconds(clock, 60);
  expect(forwards()).toMatchObject([{ address: "172.19.0.5" }]);
  expect(changes().filter((call) => call.startsWith("join"))).toEqual(["join id-of-aa", "join id-of-bb"]);

  // A restart clears what is known about the container.
  silent.clear();
  addContainers([container("both", { run: "stopped", life: null, networks: [] })]);
  await seconds(clock, 11);
  addContainers([container("both", { networks: attachments, life: "second" })]);
  await seconds(clock, 11);
  expect(forwards()).toMatchObject([{ address: "172.17.0.5" }]);
});
