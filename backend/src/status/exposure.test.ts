import { AppError } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import { noMachinesSeen } from "../machines/observed-machines.ts";
import type { Observed } from "../reconcile/look/observe.ts";
import { resolveShares } from "../reconcile/plan/resolve.ts";
import { noFaults, stepFaults } from "../reconcile/steps/step-faults.ts";
import { attachment, connectedNode, container, observed, share } from "../testing.ts";
import { countersOf, type ExposureContext, exposureOf, visitorsOf } from "./exposure.ts";

const app = attachment("app", "172.18.0.9");
const active = {
  protocol: "tcp" as const,
  nodePort: 80,
  address: "172.18.0.5",
  port: 80,
  traffic: { received: 0, sent: 0 },
};

function exposure(seen: Observed, more: Partial<ExposureContext> = {}, one = share("web")) {
  const [resolved] = resolveShares([one], seen);
  if (resolved === undefined) throw new Error("no share");
  return exposureOf(resolved, {
    observed: seen,
    node: connectedNode,
    mode: "kernel",
    failures: noFaults,
    unanswered: new Map(),
    listeners: new Map(),
    ...more,
  });
}

test("is live only when the rules were seen in place and the node is connected", () => {
  const seen = observed([container("web")], { joined: [app], forwards: [active] });
  expect(exposure(seen)).toMatchObject({
    state: "live",
    endpoints: [{ address: "http://docker.tail.test" }],
  });
  expect(exposure(seen, { node: { ...connectedNode, state: "paused" } })).toEqual({
    state: "waiting",
    reason: "node-offline",
  });
  expect(exposure({ ...seen, forwards: [] })).toMatchObject({ state: "pending" });
});

test("is not live while its container stops and its network is given up", () => {
  const seen = observed([container("web")], { joined: [app], forwards: [active] });
  expect(exposure({ ...seen, yielded: new Set(["id-of-web"]) })).toEqual({
    state: "pending",
    progress: "Waiting for the container to stop…",
  });
});

test("stays live, and names the ports that take no connections, with the reason", () => {
  const seen = observed([container("web")], { joined: [app], forwards: [active] });
  const unanswered = new Map([
    ["tcp_80", "refused"],
    ["tcp_81", "refused"],
  ] as const);
  const liveWith = (reason: string) => ({
    state: "live",
    endpoints: [{ address: "http://docker.tail.test" }],
    unanswered: [{ port: 80, protocol: "tcp", reason }],
  });
  expect(exposure(seen, { unanswered })).toMatchObject(liveWith("refused"));
  const listeners = new Map([
    ["name:web", [{ port: 80, protocol: "tcp" as const, addresses: ["127.0.0.1"] }]],
  ]);
  expect(exposure(seen, { unanswered, listeners })).toMatchObject(liveWith("loopback-only"));
  const silent = new Map([["tcp_80", "none"]] as const);
  expect(exposure(seen, { unanswered: silent })).toMatchObject(liveWith("no-answer"));
});

test("names the first hop that is missing", () => {
  expect(exposure(observed([]))).toEqual({ state: "waiting", reason: "container-removed" });
  expect(exposure(observed([container("web", { run: "stopped" })]))).toEqual({
    state: "waiting",
    reason: "container-stopped",
  });
  expect(exposure(observed([container("web", { networkMode: { kind: "none" } })]))).toMatchObject({
    state: "failed",
    fault: { code: "NO_NETWORK" },
  });
  expect(exposure(observed([container("web")]))).toEqual({
    state: "pending",
    progress: "Joining the network 'app'…",
  });
});

test("is paused, not stopped, while its container is paused", () => {
  const paused = { state: "waiting", reason: "container-paused" };
  const web = container("web", { run: "paused" });
  expect(exposure(observed([web], { joined: [app], forwards: [active] }))).toEqual(paused);
  expect(exposure(observed([web]), {}, share("web", { mode: "machine" }))).toEqual(paused);
});

test("fails on a node without IPv4, unless the data plane answers on IPv6 as well", () => {
  const seen = observed([container("web")], { joined: [app], forwards: [active] });
  const node = { ...connectedNode, addresses: ["fd7a:115c:a1e0::1"] };
  expect(exposure(seen, { node })).toMatchObject({ state: "failed", fault: { code: "NO_IPV4" } });
  expect(exposure(seen, { node, mode: "userspace" })).toMatchObject({ state: "live" });
});

test("says why a step failed instead of waiting for ever", () => {
  const fault = { code: "ENGINE_REFUSED" as const, message: "no", hint: "" };
  expect(
    exposure(observed([container("web")]), {
      failures: stepFaults([{ step: { kind: "join", networkId: "id-of-app" }, fault }]),
    }),
  ).toEqual({
    state: "failed",
    fault,
  });
  const joined = observed([container("web")], { joined: [app] });
  expect(exposure(joined, { failures: stepFaults([{ step: { kind: "forward" }, fault }]) })).toEqual({
    state: "failed",
    fault,
  });
});

test("while the engine has not answered yet nothing is said to be removed", () => {
  expect(exposure(observed([], { engine: { state: "connecting" }, self: null }))).toMatchObject({
    state: "pending",
  });
});

test("a UDP port without a TUN is a failure with a reason", () => {
  const udp = share("web", { ports: [{ port: 53, protocol: "udp", nodePort: 53 }] });
  expect(exposure(observed([container("web")], { joined: [app] }), { mode: "userspace" }, udp)).toMatchObject(
    {
      state: "failed",
      fault: { code: "UDP_NEEDS_TUN" },
    },
  );
});

test("a machine's clients and bytes come from its own tailscaled, not from the node's", () => {
  const options = { name: "web", reachTailnet: false, httpsPort: null, funnel: false };
  const machineShare = share("web", { mode: "machine", machine: { key: "00000000000000aa", ...options } });
  const visits = {
    traffic: { received: 1, sent: 2 },
    visitors: [{ device: "phone", user: "anna", path: "direct" as const }],
  };
  const machines = { ...noMachinesSeen, visits: new Map([["00000000000000aa", visits]]) };
  const seen = observed([container("web")], {
    machines,
    forwards: [{ ...active, traffic: { received: 7, sent: 7 } }],
    visitors: new Map([["tcp_80", ["100.64.0.9"]]]),
  });
  const [resolved] = resolveShares([machineShare], seen);
  if (resolved === undefined) throw new Error("no share");
  const known = (device: string) => ({ device, user: "", path: null });
  expect(countersOf(resolved, seen)).toEqual(new Map([["machine", visits.traffic]]));
  expect(visitorsOf(resolved, seen, known)).toEqual(visits.visitors);
  const [onNode] = resolveShares([share("web")], seen);
  if (onNode === undefined) throw new Error("no share");
  expect(countersOf(onNode, seen)).toEqual(new Map([["tcp_80", { received: 7, sent: 7 }]]));
  expect(visitorsOf(onNode, seen, known)).toEqual([{ device: "100.64.0.9", user: "", path: null }]);
});

test("is not said to be live while the rules cannot be read, whatever was read before", () => {
  const forwardsError = new AppError("DATAPLANE_FAILED", "unread");
  const seen = observed([container("web")], { joined: [app], forwards: [active], forwardsError });
  expect(exposure(seen)).toMatchObject({ state: "failed", fault: { message: "unread" } });
  // Without its tailscaled it is known to be unreachable.
  expect(exposure(seen, { node: { ...connectedNode, state: "paused" } })).toMatchObject({ state: "waiting" });
});

test("whose time is over says why its end could not be written down", () => {
  const over = share("web", { until: 5_000 });
  const seen = observed([container("web")], { joined: [app], now: 5_000 });
  expect(exposure(seen, {}, over)).toEqual({ state: "pending", progress: "Stopping…" });
  const fault = { code: "STORE_UNWRITABLE" as const, message: "full", hint: "" };
  expect(
    exposure(
      seen,
      { failures: stepFaults([{ step: { kind: "expire", workload: "name:web" }, fault }]) },
      over,
    ),
  ).toEqual({
    state: "failed",
    fault,
  });
});
