import { faultOf } from "@tailnet-share/contract/check";
import { expect, test } from "vitest";
import type { Observed } from "../reconcile/look/observe.ts";
import { noFaults } from "../reconcile/steps/step-faults.ts";
import { attachment, connectedNode, container, createFakeClock, observed, share } from "../testing.ts";
import { checkShare } from "./check.ts";
import type { CheckContext } from "./context.ts";

const app = attachment("app", "172.18.0.9");
const traffic = { received: 0, sent: 0 };
const active = { protocol: "tcp" as const, nodePort: 80, address: "172.18.0.5", port: 80, traffic };
const dns = { protocol: "udp" as const, nodePort: 53, address: "172.18.0.5", port: 53, traffic };
const EVERYBODY = [
  {
    IPProto: [6, 17],
    Srcs: ["0.0.0.0/0"],
    Dsts: [{ Net: "0.0.0.0/0", Ports: { First: 0, Last: 65_535 } }],
  },
];
const WELL: Observed = observed([container("web")], { joined: [app], forwards: [active, dns] });

/** Checks a share of a container for which everything works, except for the overrides. */
async function check(more: Partial<CheckContext> = {}, one = share("web")) {
  return await checkShare(one, {
    observed: WELL,
    node: connectedNode,
    mode: "kernel",
    failures: noFaults,
    unanswered: new Map(),
    listeners: new Map(),
    connect: async () => await Promise.resolve("taken" as const),
    send: async () => await Promise.resolve("none" as const),
    openTls: async () => await Promise.resolve(null),
    ask: async () => await Promise.resolve(null),
    visitNode: async () => await Promise.resolve({ kind: "nobody" as const }),
    sourceTowards: async () => await Promise.resolve("100.64.0.1"),
    clock: createFakeClock(),
    listening: async () =>
      await Promise.resolve({
        listeners: [{ port: 53, protocol: "udp" as const, addresses: ["0.0.0.0"] }],
        fault: null,
      }),
    rulesInPlace: async () => await Promise.resolve(true),
    device: () => device(),
    ...more,
  });
}

function device(
  filter: Awaited<ReturnType<ReturnType<CheckContext["device"]>["packetFilter"]>> = EVERYBODY,
  answer: Awaited<ReturnType<ReturnType<CheckContext["device"]>["askOtherDevices"]>> = {
    kind: "answered",
    ms: 3.2,
    path: "direct",
  },
) {
  return {
    packetFilter: async () => await Promise.resolve(filter),
    askOtherDevices: async () => await Promise.resolve(answer),
    addressesOfOthers: async () => await Promise.resolve(["100.64.0.7", "fd7a:115c:a1e0::7"]),
  };
}

const UDP = share("web", { ports: [{ port: 53, protocol: "udp", nodePort: 53 }] });
const last = ({ hops }: Awaited<ReturnType<typeof check>>) => hops.at(-1);
const outcomes = ({ hops }: Awaited<ReturnType<typeof check>>) =>
  hops.map(({ hop, outcome }) => `${hop} ${outcome}`);

test("goes the whole way, out to another device and back", async () => {
  const report = await check();
  expect(outcomes(report)).toEqual([
    "container passed",
    "network passed",
    "listening passed",
    "data-plane passed",
    "node passed",
    "way-back passed",
    "tailnet passed",
  ]);
  expect(last(report)).toMatchObject({ detail: "one responded in 3 ms, directly" });
  expect(report.of).toMatchObject({ run: "running", exposure: { state: "live" } });
});

test("where no other device is online, that could not be tried, which is no failure", async () => {
  const report = await check({ device: () => device(EVERYBODY, { kind: "nobody-online" }) });
  expect(last(report)).toEqual({
    hop: "tailnet",
    outcome: "not-tried",
    detail: "None of your other devices is online.",
  });
  expect(faultOf(report)).toBeNull();
});

test("devices that are online and do not answer are a failure", async () => {
  const report = await check({ device: () => device(EVERYBODY, { kind: "silence", asked: 2 }) });
  expect(faultOf(report)?.code).toBe("TAILNET_UNREACHABLE");
});

test("rules that let nobody open the shared port are named before any device is asked", async () => {
  const askOtherDevices = async () => await Promise.reject(new Error("asked"));
  const report = await check({ device: () => ({ ...device([]), askOtherDevices }) });
  expect(faultOf(report)).toEqual({
    code: "ACL_DENIES",
    message: "Your access controls don't let any device reach port 80.",
    hint: "Allow it in the access controls.",
  });
});

test("rules that cannot be read are no failure", async () => {
  const packetFilter = async () => await Promise.reject(new Error("no such route"));
  expect(last(await check({ device: () => ({ ...device(), packetFilter }) }))).toMatchObject({
    hop: "tailnet",
    outcome: "passed",
  });
});

test.each([
  ["stopped", "The container is not running."],
  ["paused", "The container is paused."],
  ["restarting", "The container keeps restarting."],
] as const)("a container that is %s is no program that does not listen", async (run, message) => {
  const report = await check({ observed: observed([container("web", { run })]) });
  expect(outcomes(report)).toEqual(["container failed"]);
  expect(faultOf(report)).toMatchObject({ code: "CONTAINER_NOT_RUNNING", message });
  expect(report.of.run).toBe(run);
});

test("an engine that is away hides whether the container runs, and nothing else", async () => {
  const fault = { code: "ENGINE_UNREACHABLE" as const, message: "Gone.", hint: "" };
  const report = await check({ observed: { ...WELL, engine: { state: "unreachable", fault } } });
  expect(outcomes(report).slice(0, 2)).toEqual(["container not-tried", "network passed"]);
});

test("a UDP port counts as open when something in the container listens on it", async () => {
  expect(outcomes(await check({}, UDP))).toContain("listening passed");
  const nothing = async () => await Promise.resolve({ listeners: [], fault: null });
  expect(faultOf(await check({ listening: nothing }, UDP))).toMatchObject({
    code: "NOT_LISTENING",
    message: "Nothing in the container listens on UDP port 53.",
  });
});

test("a UDP port of a container that cannot be looked into is said to be untried", async () => {
  const fault = { code: "NO_NETWORK" as const, message: "It uses the engine's host.", hint: "" };
  const report = await check({ listening: async () => await Promise.resolve({ listeners: [], fault }) }, UDP);
  expect(outcomes(report).slice(2)).toEqual([
    "listening not-tried",
    "data-plane passed",
    "node passed",
    "way-back passed",
    "tailnet passed",
  ]);
  expect(report.hops[2]).toMatchObject({
    detail: "Can't tell whether anything listens on UDP port 53. It uses the engine's host.",
  });
});

test("rules that were seen but are not in place any more fail the check", async () => {
  const report = await check({ rulesInPlace: async () => await Promise.resolve(false) });
  expect(outcomes(report).at(-1)).toBe("data-plane failed");
  expect(faultOf(report)?.code).toBe("DATAPLANE_FAILED");
});

test.each([
  [{ ...connectedNode, state: "paused" as const }, "This node is paused."],
  [{ state: "expired" as const, name: "docker", login: null, fault: null }, "This node's key expired."],
  [
    { state: "connecting" as const, waitsFor: "the control server" },
    "This node is not connected: it waits for the control server.",
  ],
])("a node that is away is told in its own words", async (node, message) => {
  const report = await check({ node });
  expect(outcomes(report).at(-1)).toBe("node failed");
  expect(faultOf(report)).toMatchObject({ code: "NODE_OFFLINE", message });
});

test("a machine that visits a share on the node finds what nothing else does", async () => {
  const unmet = { kind: "unmet" as const, by: "db", port: 80, answer: "refused" as const };
  const report = await check({ visitNode: async () => await Promise.resolve(unmet) });
  expect(outcomes(report).slice(-2)).toEqual(["node passed", "machine-visit failed"]);
  expect(faultOf(report)).toMatchObject({
    code: "VISIT_FAILED",
    message: "db tried port 80 of this node over the tailnet and was refused.",
  });
});

const MACHINE = share("web", {
  mode: "machine",
  ports: [{ port: 53, protocol: "udp", nodePort: 53 }],
  machine: { key: "k", name: "web", reachTailnet: false, httpsPort: null, funnel: false },
});

test("looks for listening ports even when the machine does not run", async () => {
  const report = await check({}, MACHINE);
  expect(outcomes(report)).toEqual(["container passed", "listening passed", "machine failed"]);
});

test("a machine's container that cannot be looked into is said to be untried", async () => {
  const fault = { code: "INTERNAL" as const, message: "Unread.", hint: "" };
  const report = await check(
    { listening: async () => await Promise.resolve({ listeners: [], fault }) },
    MACHINE,
  );
  expect(outcomes(report)).toEqual(["container passed", "listening not-tried", "machine failed"]);
});
