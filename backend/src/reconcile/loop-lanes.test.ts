import { AppError } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import { machineContainers, machineSpec } from "../machines/container/container.ts";
import { NOT_INSPECTED } from "../machines/namespace/inspection.ts";
import type { ObservedMachine } from "../machines/watch/watch.ts";
import { connectedNode, container, machineRuntime as runtime, share } from "../testing.ts";
import { createWorld } from "./loop.testing.ts";

const options = { name: "web", reachTailnet: false, httpsPort: 80, funnel: false };
const details = {
  version: "1",
  health: [],
  deviceId: null,
  hostname: "web",
  certDomains: [connectedNode.dnsName],
  capabilities: new Set<string>(),
};

/** The running machine of the container `web` under this key. */
function machine(key: string, node: ObservedMachine["node"]): ObservedMachine[] {
  const wish = { key, name: "web", targetId: "id-of-web", targetStartedAt: "first", reachTailnet: false };
  const { labels } = machineSpec({ ...wish, tag: "" }, runtime);
  const facts = container(`m-${key}`, { labels, networkMode: { kind: "container", id: "id-of-web" } });
  return machineContainers([facts], runtime.installation).map((one) => ({
    ...one,
    node,
    details,
    hangs: false,
    inspection: {
      ...NOT_INSPECTED,
      tls: { port: 80, speaks: false },
    },
  }));
}

const machineShare = (key: string) => share("web", { mode: "machine", machine: { key, ...options } });
const targetStarts = new Map([["id-of-web", "first"]]);
const tailnet = { state: "connected" as const, home: "here" };

test("work on one machine holds up neither another machine nor a share on the node", async () => {
  const { loop, clock, calls, retiring, retirements, forwards, start } = createWorld();
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
  const { loop, clock, calls, retiring, retirements, start } = createWorld();
  retiring.add("a");
  await start();
  await clock.advance(0);
  retirements.get("a")?.fail(new AppError("MACHINE_NOT_REMOVED", "not yet"));
  await clock.advance(100);
  expect(loop.failures().of({ kind: "machine-retire", key: "a" })).toMatchObject({
    code: "MACHINE_NOT_REMOVED",
  });
  await clock.advance(1_000);
  expect(calls.filter((call) => call === "retire a").length).toBeGreaterThan(1);
});

test("retries a retirement that waits for minutes at once after a click or a change of the node, and at no event", async () => {
  const { loop, clock, calls, retiring, retirements, start } = createWorld();
  retiring.add("a");
  await start();
  const attempts = () => calls.filter((call) => call === "retire a").length;
  for (let failures = 0; failures < 12; failures += 1) {
    retirements.get("a")?.fail(new AppError("MACHINE_NOT_REMOVED", "not yet"));
    await clock.advance(600_000);
  }
  retirements.get("a")?.fail(new AppError("MACHINE_NOT_REMOVED", "not yet"));
  await clock.advance(0);
  const before = attempts();
  loop.trigger("event");
  await clock.advance(120_000);
  expect(attempts()).toBe(before);
  loop.trigger("user");
  await clock.advance(100);
  expect(attempts()).toBe(before + 1);
});

test("breaks off a retirement that the user dismisses, forgets the machine, and reports nothing", async () => {
  const { loop, clock, calls, retiring, dismissed, start } = createWorld();
  retiring.add("a");
  await start();
  await clock.advance(0);
  dismissed.add("a");
  loop.trigger("user");
  await clock.advance(100);
  expect(calls.filter((call) => /retire|forget/.test(call))).toEqual(["retire a", "forget a"]);
  expect(loop.failed().length).toBe(0);
});

test("retires at most four machines at once, so that others can start meanwhile", async () => {
  const { loop, clock, calls, retiring, retirements, start } = createWorld();
  for (const key of ["a", "b", "c", "d", "e"]) retiring.add(key);
  await start();
  await clock.advance(0);
  const retires = () => calls.filter((call) => call.startsWith("retire"));
  expect(retires()).toHaveLength(4);
  retirements.get("b")?.succeed();
  loop.trigger("urgent");
  await clock.advance(100);
  expect(retires()).toContain("retire e");
});

test("a step that is under way and so not planned keeps its failures: it is tried later each time, and says why until then", async () => {
  const { loop, clock, calls, retiring, retirements, start } = createWorld();
  retiring.add("a");
  await start();
  const attempts = () => calls.filter((call) => call === "retire a").length;
  const failOnce = async () => {
    // Like a login: while it is in progress, nothing more is planned for it.
    retiring.delete("a");
    loop.trigger("urgent");
    await clock.advance(0);
    retiring.add("a");
    retirements.get("a")?.fail(new AppError("MACHINE_NOT_REMOVED", "not yet"));
    await clock.advance(100);
    expect(loop.failures().of({ kind: "machine-retire", key: "a" })).toMatchObject({ message: "not yet" });
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

test("aborts a machine's step when the machine is to be removed, and counts no failure", async () => {
  const key = "00000000000000aa";
  const { loop, clock, changes, setSeen, setShares, start } = createWorld({ shares: [machineShare(key)] });
  const present = machine(key, { state: "logged-out", login: null, fault: null });
  setSeen({ present, targetStarts, tailnet });
  await start();
  expect(changes().at(-1)).toBe(`login ${key}`);
  setShares([]);
  loop.trigger("user");
  await clock.advance(100);
  expect(changes()).toContain(`stop ${key}`);
  expect(loop.failed().length).toBe(0);
});

test("one certificate at a time, and machines that wait for theirs hold nobody up", async () => {
  const keys = Array.from({ length: 10 }, (_, index) => `00000000000000a${index}`);
  const { loop, clock, changes, calls, retiring, setSeen, start } = createWorld({
    shares: keys.map(machineShare),
  });
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

test("a login that is tried again is not looked at all the time", async () => {
  const key = "00000000000000aa";
  const { clock, changes, looks, setSeen, start } = createWorld({
    shares: [machineShare(key)],
    failLogins: 1,
  });
  const present = machine(key, { state: "logged-out", login: null, fault: null });
  setSeen({ present, targetStarts, tailnet });
  await start();
  await clock.advance(20_000);
  await clock.advance(2_100);
  expect(changes().filter((call) => call === `login ${key}`)).toHaveLength(2);
  const before = looks();
  await clock.advance(15_000);
  expect(looks() - before).toBeLessThanOrEqual(2);
});

test("a round of looks into machines takes one look at the engine, and more after a click or a failure", async () => {
  const keys = ["00000000000000aa", "00000000000000ab", "00000000000000ac"];
  const due = new Set<string>();
  let fails = 0;
  const { life } = container("web");
  const { loop, clock, looks, start } = createWorld({
    shares: keys.map((key) =>
      share("web", { mode: "machine", machine: { key, ...options, httpsPort: null } }),
    ),
    more: {
      "machine-look": async ({ key }, signal) => {
        await clock.sleep(100 + 50 * keys.indexOf(key), signal);
        if (fails-- > 0) throw new AppError("ENGINE_REFUSED", "not now");
        due.delete(key);
      },
    },
    seenNow: () => ({
      present: keys
        .flatMap((key) => machine(key, connectedNode))
        .map((one) => ({ ...one, inspection: { ...NOT_INSPECTED, life } })),
      lookInto: new Set(due),
      ...{ targetStarts, tailnet },
    }),
  });
  await start();
  await clock.advance(2_000);
  const round = async () => {
    const before = looks();
    for (const key of keys) due.add(key);
    loop.trigger("event");
    await clock.advance(5_000);
    expect([...due]).toEqual([]);
    return looks() - before;
  };
  expect(await round()).toBe(1);
  // A plan with a look leaves out what depends on it, so a click meanwhile needs a pass after the look.
  const before = looks();
  due.add(keys[2] ?? "");
  loop.trigger("event");
  await clock.advance(100);
  loop.trigger("user");
  await clock.advance(20);
  expect(looks() - before).toBe(2);
  await clock.advance(500);
  expect(looks() - before).toBe(3);
  fails = 1;
  // The failure, its retry, and the ends of the looks that these passes met.
  expect(await round()).toBe(5);
});
