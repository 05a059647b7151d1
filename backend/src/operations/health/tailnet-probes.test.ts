import type { NodeState } from "@tailnet-share/contract/node";
import { expect, test } from "vitest";
import type { Egress } from "../../engine/egress.ts";
import { attachment, connectedNode } from "../../testing.ts";
import { egressProbe, machinesProbe, tailnetProbe } from "./tailnet-probes.ts";

const signal = new AbortController().signal;
const devices = { eth0: [], tailscale0: [] };
const [own, other] = [attachment("0-tailnet-share", "172.30.0.2"), attachment("app", "172.18.0.5")];
const self = { id: "self", homeNetworkId: own.networkId, joined: [own, other] };
const egress = (route: string, network: string | null): Egress => ({
  route: async () => await Promise.resolve(route),
  network: async () => await Promise.resolve(network),
});

test.each([
  ["its own", "eth0 via 01001EAC", own.networkId, self, "own network"],
  ["none", "none", null, self, "no way out"],
  ["one of a backend that the engine has not shown yet", "eth1 via 010012AC", null, null, "not known yet"],
])("the way out is well: %s", async (_, route, network, seen, words) => {
  expect(await egressProbe(egress(route, network), () => seen)(signal)).toContain(words);
});

test.each([other.networkId, null])("a way out by another network is not well: %s", async (network) => {
  const probe = egressProbe(egress("eth1 via 010012AC", network), () => self);
  await expect(probe(signal)).rejects.toThrow("another network");
});

function tailnet(state: NodeState, { outOfSync = false, otherDevices = devices as object } = {}) {
  const sign = async () => await Promise.resolve({ outOfSync });
  return tailnetProbe(
    () => state,
    sign,
    "kernel",
    () => ({ ...otherDevices }),
  )(signal);
}

test("the tailnet is well while the node hears it, and while nobody wants it to be in one", async () => {
  expect(await tailnet(connectedNode)).toContain("hears the control server");
  const loggedOut = { state: "logged-out", login: null, fault: null } as const;
  expect(await tailnet(loggedOut, { outOfSync: true })).toContain("logged-out");
});

test.each([
  ["that does not hear the control server", connectedNode, { outOfSync: true }, "does not hear"],
  ["whose device is gone", connectedNode, { otherDevices: {} }, "device is gone"],
  ["that is on its way", { state: "connecting", waitsFor: "the tailnet" } as const, {}, "connecting"],
  [
    "whose key has expired",
    { state: "expired", name: "docker", login: null, fault: null } as const,
    {},
    "expired",
  ],
])("a node %s is not well", async (_, state, more, words) => {
  await expect(tailnet(state, more)).rejects.toThrow(words);
});

test("machines are well while those that run answer", async () => {
  const fault = { code: "TAILSCALED_DOWN", message: "It does not answer.", hint: "" } as const;
  const well = { run: "running", node: connectedNode } as const;
  const silent = { run: "running", node: { state: "failed", fault } } as const;
  expect(await machinesProbe(() => [well, { ...silent, run: "stopped" }])(signal)).toBe("1 machines run.");
  const lockedOut = {
    ...silent,
    node: { state: "failed", fault: { ...fault, code: "TAILNET_LOCKED_OUT" } },
  } as const;
  expect(await machinesProbe(() => [well, lockedOut])(signal)).toBe("2 machines run.");
  await expect(machinesProbe(() => [well, silent])(signal)).rejects.toThrow("1 of 2 machines do not answer");
});
