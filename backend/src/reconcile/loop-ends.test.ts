import { expect, test } from "vitest";
import { attachment, container, share } from "../testing.ts";
import { createWorld } from "./loop.testing.ts";

const event = (Action: string, name = "web", Attributes: Record<string, string> = {}) => ({
  Type: "container",
  Action,
  Actor: { ID: `id-of-${name}`, Attributes },
});
const kill = (signal: string, name = "web") => event("kill", name, { signal });
const visit = (idleSeconds: number) => [
  { protocol: "tcp" as const, nodePort: 80, address: "172.18.0.5", port: 80, visitors: ["a"], idleSeconds },
];

/** A world in which `web` is shared and live. */
async function live(options: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(options);
  await world.start();
  // Later looks are not part of a burst.
  await world.clock.advance(1_000);
  const from = world.calls.length;
  return { ...world, later: () => world.calls.slice(from) };
}

test("leaves the network as soon as its only shared container is asked to stop, without a look and before its rules go", async () => {
  const { loop, clock, later } = await live();
  loop.report(kill("15"));
  await clock.advance(0);
  expect(later().slice(0, 3)).toEqual(["leave id-of-app", "list", "forward 0"]);
});

test("gives a stopping container up at once, however long the engine takes for the leave", async () => {
  const { loop, clock, setSlow } = await live();
  setSlow(500);
  loop.report(kill("9"));
  await clock.advance(0);
  expect([...loop.observed().yielded]).toEqual(["id-of-web"]);
});

test("leaves no network for a signal that doesn't request a stop", async () => {
  const { loop, clock, later } = await live();
  loop.report(kill("1"));
  await clock.advance(1_000);
  expect(later()).toEqual([]);
});

test("rejoins when the container survives its stop timeout, and not earlier", async () => {
  const { loop, clock, later } = await live();
  loop.report(kill("15"));
  await clock.advance(10_500);
  expect(later().filter((call) => call.startsWith("join"))).toEqual([]);
  await clock.advance(1_000);
  expect(later().filter((call) => call !== "list")).toEqual([
    "leave id-of-app",
    "forward 0",
    "end flows 1",
    "join id-of-app",
    "forward 1",
  ]);
});

test("joins again at once when the container was restarted", async () => {
  const { loop, clock, later } = await live();
  loop.report(kill("15"));
  await clock.advance(20);
  loop.report(event("die"));
  await clock.advance(20);
  loop.report(event("start"));
  await clock.advance(500);
  expect(later().filter((call) => call !== "list")).toEqual([
    "leave id-of-app",
    "forward 0",
    "end flows 1",
    "join id-of-app",
    "forward 1",
  ]);
});

test("waits for a container that serves a client to end, then leaves at once", async () => {
  const { loop, clock, later, setFlows } = await live();
  setFlows(visit(0));
  loop.report(kill("15"));
  await clock.advance(400);
  expect(later().filter((call) => call !== "list")).toEqual([]);
  loop.report(event("die"));
  await clock.advance(0);
  expect(
    later()
      .filter((call) => call !== "list")
      .slice(0, 2),
  ).toEqual(["leave id-of-app", "forward 0"]);
});

test("leaves when the last client of a container that stops has gone, before it has ended", async () => {
  const { loop, clock, later, setFlows } = await live();
  setFlows(visit(0));
  loop.report(kill("15"));
  await clock.advance(400);
  setFlows(visit(60));
  await clock.advance(260);
  expect(
    later()
      .filter((call) => call !== "list")
      .slice(0, 2),
  ).toEqual(["leave id-of-app", "forward 0"]);
});

test("does not wait for a client that only keeps a connection open", async () => {
  const { loop, clock, later, setFlows } = await live();
  setFlows(visit(3));
  loop.report(kill("15"));
  await clock.advance(0);
  expect(later().slice(0, 3)).toEqual(["leave id-of-app", "list", "forward 0"]);
});

test("leaves soon although listing the clients takes long, if no packet passes", async () => {
  const { loop, clock, later, broken } = await live();
  broken.listingMs = 400;
  loop.report(kill("15"));
  await clock.advance(19);
  expect(later()).toEqual([]);
  await clock.advance(1);
  expect(later()[0]).toBe("leave id-of-app");
});

test("starts no program while packets pass, and leaves at once when the container ends", async () => {
  const { loop, clock, later, listed, broken, setFlows, setPassing } = await live();
  setFlows(visit(0));
  setPassing(true);
  broken.listingMs = 400;
  const before = listed.flows;
  loop.report(kill("15"));
  await clock.advance(100);
  loop.report(kill("15"));
  await clock.advance(100);
  expect(later()).toEqual([]);
  expect(listed.flows).toBe(before);
  loop.report(event("die"));
  await clock.advance(0);
  expect(later()[0]).toBe("leave id-of-app");
});

test("leaves a container's network when its last connection has closed, without a list of clients", async () => {
  const { loop, clock, later, broken, setPassing } = await live();
  setPassing(true);
  broken.listingMs = 400;
  loop.report(kill("15"));
  await clock.advance(30);
  expect(later()).toEqual([]);
  setPassing(false);
  await clock.advance(100);
  expect(later()[0]).toBe("leave id-of-app");
});

test("leaves the network of a killed container while another still serves its clients", async () => {
  const { loop, clock, changes, addContainers, broken, setPassing } = await live({
    shares: [share("web"), share("db", { ports: [{ port: 5432, protocol: "tcp", nodePort: 5432 }] })],
  });
  addContainers([container("db", { networks: [attachment("back", "172.20.0.6")] })]);
  loop.trigger("user");
  await clock.advance(1_000);
  const before = changes().length;
  broken.listingMs = 400;
  setPassing(true);
  loop.report(kill("15"));
  loop.report(kill("9", "db"));
  await clock.advance(0);
  expect(changes().slice(before)).toEqual(["leave id-of-back"]);
});

test("doesn't wait for clients when the container is killed", async () => {
  const { loop, clock, later, setFlows } = await live();
  setFlows(visit(0));
  loop.report(kill("9"));
  await clock.advance(0);
  expect(later().slice(0, 3)).toEqual(["leave id-of-app", "list", "forward 0"]);
});

test("keeps the network of a container that stops while another shared one on it goes on", async () => {
  const { loop, clock, changes, addContainers } = await live({
    shares: [share("web"), share("db", { ports: [{ port: 5432, protocol: "tcp", nodePort: 5432 }] })],
  });
  addContainers([container("db", { networks: [attachment("app", "172.18.0.6")] })]);
  loop.trigger("user");
  await clock.advance(1_000);
  const before = changes().length;
  loop.report(kill("15"));
  await clock.advance(300);
  expect(changes().slice(before)).toEqual([]);
  loop.report(kill("15", "db"));
  await clock.advance(0);
  expect(changes().slice(before, before + 2)).toEqual(["leave id-of-app", "forward 0"]);
});

test("leaves several networks side by side, however long each takes", async () => {
  const { loop, clock, later, addContainers, setSlow } = await live({
    shares: [share("web"), share("db", { ports: [{ port: 5432, protocol: "tcp", nodePort: 5432 }] })],
  });
  addContainers([container("db", { networks: [attachment("back", "172.20.0.6")] })]);
  loop.trigger("user");
  await clock.advance(1_000);
  setSlow(500);
  const before = later().length;
  loop.report(kill("15"));
  loop.report(kill("15", "db"));
  await clock.advance(0);
  expect(later().slice(before)).toEqual(["leave id-of-app", "leave id-of-back"]);
});

test("neither lists containers nor touches rules from the first stop request until the network is left", async () => {
  const { loop, clock, calls, addContainers, setSlow } = await live({
    shares: [share("web"), share("db", { ports: [{ port: 5432, protocol: "tcp", nodePort: 5432 }] })],
  });
  addContainers([container("db", { networks: [attachment("app", "172.18.0.6")] })]);
  loop.trigger("user");
  await clock.advance(1_000);
  setSlow(200);
  const before = calls.length;
  loop.report(kill("15"));
  loop.trigger("event");
  await clock.advance(200);
  loop.report(kill("15", "db"));
  await clock.advance(190);
  expect(calls.slice(before)).toEqual(["leave id-of-app"]);
  await clock.advance(500);
  expect(calls.slice(before)).toContain("list");
});

test("withdraws the rules although the engine neither finishes the leave nor lists its containers", async () => {
  const { loop, clock, changes, setSlow } = await live();
  const before = changes().length;
  setSlow(60_000);
  loop.report(kill("15"));
  await clock.advance(100);
  expect(changes().slice(before)).toEqual(["leave id-of-app"]);
  await clock.advance(4_000);
  expect(changes().slice(before)).toContain("forward 0");
});

test("withdraws the rules first where they are tailscaled's", async () => {
  const { loop, clock, changes } = await live({ mode: "userspace" });
  const before = changes().length;
  loop.report(kill("15"));
  await clock.advance(100);
  expect(changes().slice(before, before + 2)).toEqual(["forward 0", "leave id-of-app"]);
});

test("leaves at the end of a container while a look at a slow engine is under way, and no list brings it back", async () => {
  const { loop, clock, changes, setSlow, forwards } = await live();
  const from = changes().length;
  setSlow(400);
  loop.trigger("user");
  await clock.advance(100);
  loop.report(event("die"));
  await clock.advance(0);
  expect(changes().slice(from)).toEqual(["leave id-of-app"]);
  await clock.advance(3_000);
  expect(
    changes()
      .slice(from)
      .filter((call) => /^(?:join|leave|forward 1)/.test(call)),
  ).toEqual(["leave id-of-app"]);
  expect(forwards()).toEqual([]);
});

test("leaves while another network is being joined", async () => {
  const { loop, clock, changes, addContainers, setShares, broken } = await live();
  const from = changes().length;
  broken.joinMs = 2_000;
  addContainers([container("db", { networks: [attachment("back", "172.20.0.6")] })]);
  setShares([share("web"), share("db", { ports: [{ port: 5432, protocol: "tcp", nodePort: 5432 }] })]);
  loop.trigger("user");
  await clock.advance(100);
  loop.report(event("die"));
  await clock.advance(0);
  expect(changes().slice(from)).toEqual(["join id-of-back", "leave id-of-app"]);
});

test("shows a container as stopped with its end, although the engine's list does not for seconds", async () => {
  const { loop, clock } = await live();
  const run = () => loop.observed().byId.get("id-of-web")?.run;
  loop.report(event("die"));
  expect(run()).toBe("stopped");
  await clock.advance(5_000);
  expect(run()).toBe("stopped");
  await clock.advance(6_000);
  expect(run()).toBe("running");
});

test("leaves the network of an ended container although its rules cannot be replaced yet", async () => {
  const { loop, clock, later, broken, forwards } = await live();
  broken.rules = true;
  loop.report(event("die"));
  await clock.advance(100);
  expect(later()).toContain("leave id-of-app");
  expect(forwards()).toHaveLength(1);
  broken.rules = false;
  await clock.advance(2_000);
  expect(forwards()).toEqual([]);
});
