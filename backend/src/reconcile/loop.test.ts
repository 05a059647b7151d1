import { AppError } from "@tailnet-share/contract/errors";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import type { ActiveForward, DataPlane } from "../dataplane/data-plane.ts";
import type { Engine } from "../docker/engine.ts";
import { machineContainers, machineSpec } from "../machines/container.ts";
import type { MachineExecutors } from "../machines/execute.ts";
import { type MachinesSeen, noMachinesSeen } from "../machines/plan.ts";
import type { ObservedMachine } from "../machines/watch.ts";
import { wantedServe } from "../machines/web.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import {
  connectedNode,
  container,
  createFakeClock,
  place,
  machineRuntime as runtime,
  share,
} from "../testing.ts";
import { createLoop } from "./loop.ts";

const stopping: AbortController[] = [];
afterEach(() => {
  for (const controller of stopping.splice(0)) controller.abort();
});

const unexpected = async () => await Promise.reject(new Error("not used"));
const notUsed = {
  inspectContainer: unexpected,
  internalNetworks: unexpected,
  createOwn: unexpected,
  startOwn: unexpected,
  stopOwn: unexpected,
  removeOwn: unexpected,
  runInOwn: unexpected,
  waitForOwn: unexpected,
  ownOutput: unexpected,
  ensureImage: unexpected,
};

/** An engine and a data plane that do as they are told, and remember it. */
function world({
  shares = [share("web")],
  refuseJoins = 0,
}: {
  shares?: StoredShare[];
  refuseJoins?: number;
} = {}) {
  const clock = createFakeClock();
  const joined = new Map([["id-of-0-tailnet-share", place("0-tailnet-share", "172.30.0.2")]]);
  const calls: string[] = [];
  let forwards: ActiveForward[] = [];
  const retiring = new Set<string>();
  const retirements = new Map<string, { succeed: () => void; fail: (error: unknown) => void }>();
  const machines = {
    ...notUsed,
    "machine-retire": async ({ key }: { key: string }) => {
      calls.push(`retire ${key}`);
      await new Promise<void>((succeed, fail) => retirements.set(key, { succeed, fail }));
      retiring.delete(key);
    },
    "machine-login": async ({ key }: { key: string }, signal: AbortSignal) => {
      calls.push(`login ${key}`);
      await clock.sleep(20_000, signal);
    },
    "machine-certificate": async ({ key }: { key: string }, signal: AbortSignal) => {
      calls.push(`certificate ${key}`);
      await clock.sleep(60_000, signal);
    },
    "machine-stop": async ({ key }: { key: string }) => {
      calls.push(`stop ${key}`);
      await Promise.resolve();
    },
  } as unknown as MachineExecutors;
  let seen: Partial<MachinesSeen> = {};
  let away = false;
  let refusals = refuseJoins;
  const reach = () => {
    if (away) throw new AppError("ENGINE_UNREACHABLE", "away");
  };
  const engine: Engine = {
    ...notUsed,
    connect: async () => {
      reach();
      return await Promise.resolve({ version: "20", apiVersion: "1.41" });
    },
    listContainers: async () => {
      reach();
      calls.push("list");
      const own = container("backend", {
        id: "self",
        labels: { "tailnet-share.role": "backend" },
        networkMode: { kind: "own", network: "0-tailnet-share" },
        networks: [...joined.values()],
      });
      return await Promise.resolve([own, container("web")]);
    },
    joinNetwork: async (id) => {
      calls.push(`join ${id}`);
      refusals -= 1;
      if (refusals >= 0) throw new AppError("ENGINE_REFUSED", "not now");
      joined.set(id, place("app", "172.18.0.9"));
      await Promise.resolve();
    },
    leaveNetwork: async (id) => {
      calls.push(`leave ${id}`);
      joined.delete(id);
      await Promise.resolve();
    },
    hostAddressOn: async () => await Promise.resolve("172.30.0.1"),
    events: async () => await Promise.reject(new Error("not used")),
  };
  const dataPlane: DataPlane = {
    mode: "kernel",
    observe: async () => await Promise.resolve(forwards),
    replace: async (next) => {
      calls.push(`forward ${next.length}`);
      forwards = next.map((one) => ({ ...one, traffic: { received: 0, sent: 0 } }));
      await Promise.resolve();
    },
    visitors: async () => await Promise.resolve(new Map()),
    endFlows: async (gone) => {
      calls.push(`end flows ${gone.length}`);
      await Promise.resolve();
    },
  };
  const controller = new AbortController();
  stopping.push(controller);
  const loop = createLoop({
    engine,
    dataPlane,
    ownContainerId: "self",
    observeMachines: async () =>
      await Promise.resolve({
        ...noMachinesSeen,
        runtime,
        now: clock.now(),
        retiring: [...retiring].map((key) => ({ key, name: key, since: 0 })),
        ...seen,
      }),
    machines,
    learnNames: async () => await Promise.resolve(),
    shares: () => shares,
    unshare: async (workload) => {
      shares = shares.filter((one) => one.workload !== workload);
      await Promise.resolve();
    },
    rebind: async () => await Promise.reject(new Error("not used")),
    egress: async () => await Promise.resolve("eth0 via 1"),
    onChange: () => undefined,
    clock,
    log: pino({ level: "silent" }),
  });
  return {
    loop,
    clock,
    calls,
    changes: () => calls.filter((call) => call !== "list"),
    forwards: () => forwards,
    retiring,
    retirements,
    setSeen: (next: Partial<MachinesSeen>) => {
      seen = next;
    },
    setShares: (next: StoredShare[]) => {
      shares = next;
    },
    setAway: (value: boolean) => {
      away = value;
    },
    start: async () => {
      loop.run(controller.signal).catch(() => undefined);
      await clock.advance(0);
    },
  };
}

test("brings a share up in one pass: joins, forwards, and then does nothing more", async () => {
  const { start, changes, clock } = world();
  await start();
  expect(changes()).toEqual(["join id-of-app", "forward 1"]);
  await clock.advance(60_000);
  expect(changes()).toEqual(["join id-of-app", "forward 1"]);
});

test("takes a share down and leaves the network when the user says so", async () => {
  const { start, setShares, loop, clock, changes, forwards } = world();
  await start();
  setShares([]);
  loop.trigger("user");
  await clock.advance(0);
  expect(changes().slice(2)).toEqual(["forward 0", "leave id-of-app", "end flows 1"]);
  expect(forwards()).toEqual([]);
});

test("tries a failed step again, later each time, and at once when the user does something", async () => {
  const { start, clock, changes, loop } = world({ refuseJoins: 4 });
  await start();
  expect(changes()).toHaveLength(1);
  expect([...loop.failures().values()]).toMatchObject([{ code: "ENGINE_REFUSED" }]);
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
  expect(loop.failures().size).toBe(0);
});

test("a burst of hints is a handful of looks, not one for each", async () => {
  const { start, clock, calls, loop } = world();
  await start();
  const before = calls.filter((call) => call === "list").length;
  for (let event = 0; event < 500; event += 1) loop.trigger("hint");
  await clock.advance(200);
  expect(calls.filter((call) => call === "list").length - before).toBeLessThanOrEqual(2);
});

test("an engine that is away is looked for every second, and nothing is withdrawn meanwhile", async () => {
  const { start, clock, loop, changes, setAway, forwards } = world();
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
  const { start, clock, loop } = world();
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

test("work on one machine holds up neither another machine nor a share on the node", async () => {
  const { loop, clock, calls, retiring, retirements, forwards, start } = world();
  for (const key of ["a", "b"]) retiring.add(key);
  await start();
  await clock.advance(0);
  expect(calls.filter((call) => call.startsWith("retire"))).toEqual(["retire a", "retire b"]);
  expect(forwards()).toHaveLength(1);
  retirements.get("b")?.succeed();
  loop.trigger("user");
  await clock.advance(100);
  expect([...retiring]).toEqual(["a"]);
  expect(calls.filter((call) => call === "retire a")).toHaveLength(1);
});

test("a step of a machine that failed is tried again later, and says why until then", async () => {
  const { loop, clock, calls, retiring, retirements, start } = world();
  retiring.add("a");
  await start();
  await clock.advance(0);
  retirements.get("a")?.fail(new AppError("MACHINE_NOT_REMOVED", "not yet"));
  await clock.advance(100);
  expect(loop.failures().get("machine-retire a")).toMatchObject({ code: "MACHINE_NOT_REMOVED" });
  await clock.advance(1_000);
  expect(calls.filter((call) => call === "retire a").length).toBeGreaterThan(1);
});

test("a step that is under way and so not planned keeps its failures: it is tried later each time, and says why until then", async () => {
  const { loop, clock, calls, retiring, retirements, start } = world();
  retiring.add("a");
  await start();
  const attempts = () => calls.filter((call) => call === "retire a").length;
  const failOnce = async () => {
    // As a log-in: while it is under way there is nothing more to plan for it.
    retiring.delete("a");
    loop.trigger("urgent");
    await clock.advance(0);
    retiring.add("a");
    retirements.get("a")?.fail(new AppError("MACHINE_NOT_REMOVED", "not yet"));
    await clock.advance(100);
    expect(loop.failures().get("machine-retire a")).toMatchObject({ message: "not yet" });
  };
  for (const wait of [250, 500, 1_000]) {
    const before = attempts();
    await failOnce();
    await clock.advance(wait - 150);
    expect(attempts()).toBe(before);
    await clock.advance(150);
    expect(attempts()).toBe(before + 1);
  }
});

const options = { name: "web", reachTailnet: false, httpsPort: 80, funnel: false };
const details = {
  version: "1",
  health: [],
  deviceId: null,
  hostname: "web",
  certDomains: [connectedNode.dnsName],
  capabilities: new Set<string>(),
};

/** The machine of the container `web` under this key, which runs. */
function machine(key: string, node: ObservedMachine["node"]): ObservedMachine[] {
  const wish = { key, name: "web", targetId: "id-of-web", targetStartedAt: "first", reachTailnet: false };
  const { labels } = machineSpec({ ...wish, tag: "" }, runtime);
  const facts = container(`m-${key}`, { labels, networkMode: { kind: "container", id: "id-of-web" } });
  const serve = wantedServe(options, connectedNode.dnsName, details);
  return machineContainers([facts], runtime.installation).map((one) => ({
    ...one,
    node,
    details,
    inside: { stale: false, listening: [], serve, asked: null, featureUrl: null, certificate: null },
  }));
}

const machineShare = (key: string) => share("web", { mode: "machine", machine: { key, ...options } });
const targetStarts = new Map([["id-of-web", "first"]]);
const tailnet = { state: "connected" as const, home: "here" };

test("what goes on with a machine is broken off when the machine is to go, and that is no failure", async () => {
  const key = "00000000000000aa";
  const { loop, clock, changes, setSeen, setShares, start } = world({ shares: [machineShare(key)] });
  const present = machine(key, { state: "logged-out", login: null, fault: null });
  setSeen({ present, targetStarts, tailnet });
  await start();
  expect(changes().at(-1)).toBe(`login ${key}`);
  setShares([]);
  loop.trigger("user");
  await clock.advance(100);
  expect(changes()).toContain(`stop ${key}`);
  expect(loop.failures().size).toBe(0);
});

test("one certificate at a time, and machines that wait for theirs hold nobody up", async () => {
  const keys = Array.from({ length: 10 }, (_, index) => `00000000000000a${index}`);
  const { loop, clock, changes, calls, retiring, setSeen, start } = world({ shares: keys.map(machineShare) });
  setSeen({ present: keys.flatMap((key) => machine(key, connectedNode)), targetStarts, tailnet });
  await start();
  expect(changes().filter((call) => call.startsWith("certificate"))).toHaveLength(1);
  retiring.add("b");
  loop.trigger("user");
  await clock.advance(100);
  expect(calls).toContain("retire b");
  await clock.advance(60_000);
  expect(changes().filter((call) => call.startsWith("certificate"))).toHaveLength(2);
});
