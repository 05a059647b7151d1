import pino from "pino";
import { expect, test } from "vitest";
import { container, createFakeClock, machineRuntime as runtime } from "../testing.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { machineSpec } from "./container/container.ts";
import { helperSpec } from "./namespace/namespace-runner.ts";
import { stopMachines } from "./shutdown.ts";

const web = container("web");
const keyOf = (digit: string) => digit.repeat(16);

function machine(digit: string): ContainerFacts {
  const wish = { key: keyOf(digit), name: "web", targetId: web.id, targetStartedAt: "first" };
  const { labels } = machineSpec({ ...wish, reachTailnet: false, tag: "" }, runtime);
  return container(`m${digit}`, { labels, networkMode: { kind: "container", id: web.id } });
}

function helper(digit: string): ContainerFacts {
  const { labels } = helperSpec({ key: keyOf(digit), targetId: web.id }, ["tidy"], runtime);
  return container(`h${digit}`, { labels, networkMode: { kind: "container", id: web.id } });
}

/** An engine with these containers. It records, in order, what is stopped and what is killed. */
function setUp(present: ContainerFacts[], { starting = [] as string[], steps = Promise.resolve() } = {}) {
  const done: string[] = [];
  const remove = (id: string) => {
    const at = present.findIndex((container) => container.id === id);
    if (at >= 0) present.splice(at, 1);
  };
  const lastCall = new AbortController();
  const nameOf = (id: string) => id.replace("id-of-", "");
  const stopping = stopMachines({
    engine: {
      listContainers: async () => await Promise.resolve([web, ...present]),
      removeOwn: async (id) => {
        done.push(`remove ${nameOf(id)}`);
        await Promise.resolve(remove(id));
      },
    },
    watch: { close: () => done.push("close") },
    machines: {
      "machine-stop": async ({ containerId, namespaceLives }) => {
        if (nameOf(containerId) === "m9") throw new Error("it holds out");
        done.push(`stop ${nameOf(containerId)}${namespaceLives ? "" : ", its namespace is gone"}`);
        await Promise.resolve(remove(containerId));
      },
    },
    starting: new Set(starting.map(keyOf)),
    installation: runtime.installation,
    hostStateDirectory: null,
    steps,
    lastCall: lastCall.signal,
    clock: createFakeClock(),
    log: pino({ level: "silent" }),
  });
  return { done, present, stopping, lastCall };
}

test("machines are stopped in order, and one that holds out keeps no other and does not stay", async () => {
  const { done, present, stopping } = setUp([machine("1"), machine("9"), machine("2")]);
  await stopping;
  expect(done).toEqual(["close", "stop m1", "stop m2", "remove m9"]);
  expect(present).toEqual([]);
});

test("a machine that is being started is left to its start step, and removed with the rest if it remains", async () => {
  const present = [machine("1"), machine("2"), helper("2")];
  let takenBack = () => {};
  const steps = new Promise<void>((resolve) => {
    takenBack = resolve;
  });
  const { done, stopping } = setUp(present, { starting: ["2"], steps });
  await expect.poll(() => done).toContain("stop m1");
  expect(done).not.toContain("remove m2");
  // The engine was still creating it during the first listing.
  present.push(machine("3"));
  takenBack();
  await stopping;
  expect(done.slice(2).toSorted()).toEqual(["remove h2", "remove m2", "remove m3"]);
  expect(present).toEqual([]);
});

test("steps that do not end are not waited for when the time is over", async () => {
  const steps = new Promise<void>(() => undefined);
  const { stopping, present, lastCall } = setUp([machine("1")], { steps });
  lastCall.abort();
  await stopping;
  expect(present).toEqual([]);
});
