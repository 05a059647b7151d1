import type { Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import { expect, test } from "vitest";
import { NOT_INSPECTED } from "../machines/namespace/inspection.ts";
import { noMachinesSeen, type ObservedMachines } from "../machines/observed-machines.ts";
import { noFaults, stepFaults } from "../reconcile/steps/step-faults.ts";
import { connectedNode, container, share } from "../testing.ts";
import { imageFaults, machineExposureOf } from "./machine-exposure.ts";

const KEY = "00000000000000aa";
const web = container("web");
const machine = { key: KEY, name: "web", reachTailnet: false, httpsPort: null, funnel: false };
const shared = { share: share("web", { mode: "machine", machine }), found: { container: web } };
const fault: Fault = { code: "TAILSCALED_PRESENT", message: "There is one already.", hint: "" };

/** The exposure of a share whose machine's container runs, with its tailscaled in this state. */
function exposure(
  node: NodeState | null,
  failures = noFaults,
  inspection: ObservedMachines["present"][number]["inspection"] = null,
) {
  const observedMachine: ObservedMachines["present"][number] = {
    key: KEY,
    containerId: "m",
    run: "running",
    targetId: web.id,
    targetStartedAt: "first",
    spec: "",
    tag: "",
    node: node ?? { state: "starting", waitsFor: "tailscaled" },
    details: {
      version: null,
      health: [],
      deviceId: null,
      hostname: null,
      certDomains: [],
      capabilities: new Set(),
    },
    inspection,
    hangs: false,
  };
  return machineExposureOf(shared, {
    machines: {
      ...noMachinesSeen,
      tailnet: { state: "connected", home: null },
      present: node === null ? [] : [observedMachine],
    },
    surroundings: { byId: new Map([[web.id, web]]), networks: new Map() },
    failures,
  });
}

test("a machine that cannot start has failed, also while the start is tried again", () => {
  const failures = stepFaults([{ step: { kind: "machine-start", key: KEY }, fault }]);
  expect(exposure(null, failures)).toEqual({ state: "failed", fault });
  expect(exposure({ state: "starting", waitsFor: "tailscaled" }, failures)).toEqual({
    state: "failed",
    fault,
  });
});

test("one on its way says what it waits for, and is live when it is there", () => {
  expect(exposure(null)).toEqual({ state: "pending", progress: "Starting its machine…", stage: "start" });
  const starting = exposure({ state: "starting", waitsFor: "tailscaled" });
  expect(starting).toEqual({ state: "pending", progress: "Joining the tailnet…", stage: "join" });
  expect(exposure(connectedNode)).toMatchObject({ state: "live", endpoints: [{ port: 80 }] });
});

test("a machine that does not answer is reported, with a hint that fits machines", () => {
  const down: Fault = { code: "TAILSCALED_DOWN", message: "tailscaled does not answer.", hint: "" };
  expect(exposure({ state: "failed", fault: down })).toMatchObject({
    state: "failed",
    fault: { code: "MACHINE_FAILED", hint: expect.stringMatching(/./) },
  });
});

test("a machine that tailnet lock locks out is not live, and says how to sign it", () => {
  const locked: Fault = { code: "TAILNET_LOCKED_OUT", message: "Nobody has signed it.", hint: "Sign it." };
  expect(exposure({ state: "failed", fault: locked })).toEqual({ state: "failed", fault: locked });
});

test("a link that waits for a person is shown, and so is a login that was refused", () => {
  const url = "https://control.test/register/x";
  expect(exposure({ state: "logged-out", login: { url }, fault: null })).toEqual({
    state: "needs-approval",
    by: "log-in",
    url,
  });
  const refused = exposure(
    { state: "logged-out", login: null, fault: null },
    stepFaults([{ step: { kind: "machine-login", key: KEY }, fault }]),
  );
  expect(refused).toEqual({ state: "failed", fault });
});

test("an image that cannot be had is told of once, with what machines do meanwhile", () => {
  const missing: Fault = {
    code: "IMAGE_UNAVAILABLE",
    message: "It could not be fetched.",
    hint: "Check the tag.",
  };
  const failures = stepFaults([
    { step: { kind: "machine-fetch", key: "image:v9" }, fault: missing },
    { step: { kind: "machine-start", key: "a" }, fault },
  ]);
  expect(imageFaults(failures)).toEqual([
    { ...missing, message: "It could not be fetched. Machines that run keep the version that they have." },
  ]);
});

test("in a tailnet without IPv4, a machine whose container has no IPv6 says so", () => {
  const without = { ...connectedNode, addresses: ["fd7a:115c:a1e0::3"] };
  const withoutIPv6 = { ...NOT_INSPECTED, listening: [] };
  const withIPv6 = { ...withoutIPv6, ipv6: ["::1"] };
  expect(exposure(without, noFaults, withoutIPv6)).toMatchObject({
    state: "failed",
    fault: { code: "NO_IPV4", message: expect.stringContaining("IPv6 is switched off in the container") },
  });
  expect(exposure(without, noFaults, withIPv6)).toMatchObject({ state: "live" });
  expect(exposure(without, noFaults, null)).toMatchObject({ state: "live" });
  expect(exposure(without, noFaults, NOT_INSPECTED)).toMatchObject({ state: "live" });
  expect(exposure(connectedNode, noFaults, withoutIPv6)).toMatchObject({ state: "live" });
});
