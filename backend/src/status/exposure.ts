import { isIPv4 } from "node:net";
import { engineName } from "@tailnet-share/contract/engine-name";
import type { Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Exposure, Traffic, Unanswered, Visitor } from "@tailnet-share/contract/share";
import { type DataPlane, forwardKey, sameForward } from "../dataplane/data-plane.ts";
import type { Unanswered as Tried } from "../dataplane/listeners.ts";
import { NO_CERTIFICATES } from "../https/certificate-faults.ts";
import { sameFront } from "../https/fronts.ts";
import type { Listener } from "../ports/listening.ts";
import type { Refused } from "../ports/refused-looks.ts";
import { reasonFor } from "../ports/verdict.ts";
import type { Observed } from "../reconcile/look/observe.ts";
import { hasHttps, hasYielded, isOver } from "../reconcile/plan/plan.ts";
import { type ResolvedShare, wantedForwards, wantedFronts } from "../reconcile/plan/resolve.ts";
import type { StepFaults } from "../reconcile/steps/step-faults.ts";
import { endpoints } from "./endpoints.ts";
import { machineExposureOf } from "./machine-exposure.ts";

export interface ExposureContext {
  observed: Observed;
  node: NodeState;
  mode: DataPlane["mode"];
  failures: StepFaults;
  /** Shared ports that failed their probe, by `forwardKey`. */
  unanswered: Tried;
  /** Listeners in containers with a refusing port, by workload. */
  listeners: ReadonlyMap<string, readonly Listener[]>;
}

/** Derives a share's exposure: its state is that of the first missing hop. Pure. */
export function exposureOf(resolved: ResolvedShare, context: ExposureContext): Exposure {
  const { observed, node, mode, failures } = context;
  const { share, found, target } = resolved;
  // The share is closed by then. It stays in the list until its end has been stored.
  if (isOver(share, observed.now))
    return failedOr(failures.of({ kind: "expire", workload: share.workload }), "Stopping…");
  if (found === null) {
    return observed.engine.state === "connected" && observed.self !== null
      ? { state: "waiting", reason: "container-removed" }
      : { state: "pending", progress: `Waiting for ${engineName(observed.engine)}…` };
  }
  if (found.container.run === "paused") return { state: "waiting", reason: "container-paused" };
  if (found.container.run !== "running") return { state: "waiting", reason: "container-stopped" };
  if (share.mode === "machine")
    return machineExposureOf(resolved, { machines: observed.machines, surroundings: observed, failures });
  if (target === null) return { state: "pending", progress: `Waiting for ${engineName(observed.engine)}…` };
  if (target.kind === "unreachable") return { state: "failed", fault: target.fault };
  if (mode === "userspace" && share.ports.some(({ protocol }) => protocol === "udp")) {
    return {
      state: "failed",
      fault: {
        code: "UDP_NEEDS_TUN",
        message: "UDP ports cannot be shared without a TUN device; the TCP ports of this share work.",
        hint: "Give Tailnet Share /dev/net/tun, or share only TCP ports.",
      },
    };
  }
  if (hasYielded(resolved, observed))
    return { state: "pending", progress: "Waiting for the container to stop…" };
  if (target.kind === "network" && !target.joined) {
    return failedOr(
      failures.of({ kind: "join", networkId: target.networkId }),
      `Joining the network '${target.networkName}'…`,
    );
  }
  const active = wantedForwards(resolved, mode).every((wanted) =>
    observed.forwards.some((forward) => sameForward(forward, wanted)),
  );
  if (!active)
    return failedOr(
      failures.of({ kind: "forward" }) ?? observed.forwardsError?.fault,
      "Adding the forwarding rules…",
    );
  if (node.state === "connected" && observed.forwardsError !== null)
    return { state: "failed", fault: observed.forwardsError.fault };
  if (node.state !== "connected") return { state: "waiting", reason: "node-offline" };
  if (mode === "kernel" && !node.addresses.some(isIPv4)) return { state: "failed", fault: NO_IPV4 };
  const https = httpsMissing(resolved, context);
  if (https !== null) return https;
  return {
    state: "live",
    endpoints: endpoints(share.ports, node),
    unanswered: unansweredPorts(resolved, context),
  };
}

/** The exposure of a share whose HTTPS isn't ready; null when nothing is missing, or it has no HTTPS. */
function httpsMissing(
  resolved: ResolvedShare,
  { observed, mode, failures }: ExposureContext,
): Exposure | null {
  const { host, certifies, fronts, certificate } = observed.https;
  if (!hasHttps(resolved)) return null;
  if (host !== null && !certifies) return { state: "failed", fault: NO_CERTIFICATES };
  const refused = host === null ? undefined : failures.of({ kind: "certificate", host });
  if (host === null || certificate?.host !== host || refused !== undefined)
    return failedOr(refused, "Getting a certificate…");
  const isServed = wantedFronts(resolved, observed.https, mode).every((wanted) =>
    fronts?.some((forward) => sameFront(forward, wanted)),
  );
  return isServed ? null : failedOr(failures.of({ kind: "serve" }), "Turning on HTTPS…");
}

const NO_IPV4: Fault = {
  code: "NO_IPV4",
  message: "This tailnet gives the node no IPv4 address, and shares on the node answer on IPv4 only.",
  hint: "Share the container as its own machine instead.",
};

function unansweredPorts(
  { share, found, target }: ResolvedShare,
  { unanswered, listeners, observed }: ExposureContext,
): Unanswered[] {
  if (found === null || target === null || target.kind === "unreachable") return [];
  const circumstances = {
    listeners: listeners.get(share.workload) ?? null,
    young: found.container.young,
    isolated: target.kind === "network" && isIsolated(target.networkId, observed),
  };
  return share.ports.flatMap((port): Unanswered[] => {
    const answer = unanswered.get(forwardKey(port));
    if (answer === undefined) return [];
    const reason = reasonFor(answer, port, target.address, circumstances);
    return [{ port: port.port, protocol: port.protocol, reason }];
  });
}

/** The bridge option that isolates a network's containers. */
const COMMUNICATION = "com.docker.network.bridge.enable_icc";

/** Returns whether the engine isolates a network's containers from each other. */
export function isIsolated(networkId: string, { networks }: Pick<Observed, "networks">): boolean {
  return networks.get(networkId)?.options[COMMUNICATION] === "false";
}

/** Shares with a refusing port and their containers, whose listeners explain the refusal. Pure. */
export function refusedShares(resolved: readonly ResolvedShare[], unanswered: Tried): Refused[] {
  return resolved.flatMap(({ share, found }) =>
    found !== null &&
    share.mode === "node" &&
    share.ports.some((port) => unanswered.get(forwardKey(port)) === "refused")
      ? [{ workload: share.workload, containerId: found.container.id, young: found.container.young }]
      : [],
  );
}

function failedOr(fault: Fault | undefined, progress: string): Exposure {
  return fault === undefined ? { state: "pending", progress } : { state: "failed", fault };
}

/** A share's connected clients, without duplicates. `known` returns the client with a tailnet address. */
export function visitorsOf(
  { share }: ResolvedShare,
  { visitors, machines }: Pick<Observed, "visitors" | "machines">,
  known: (address: string) => Visitor,
): Visitor[] {
  if (share.mode === "machine") return [...(machines.visits.get(share.machine?.key ?? "")?.visitors ?? [])];
  const addresses = share.ports.flatMap((port) => visitors.get(forwardKey(port)) ?? []);
  return [...new Set(addresses)].sort().map(known);
}

/** The current counters of a share's ports, or of its machine, by a stable name. */
export function countersOf(
  { share }: ResolvedShare,
  observed: Pick<Observed, "forwards" | "machines">,
): Map<string, Traffic> {
  if (share.mode === "machine") {
    const visits = observed.machines.visits.get(share.machine?.key ?? "");
    return new Map(visits === undefined ? [] : [["machine", visits.traffic]]);
  }
  const own = observed.forwards.filter((forward) =>
    share.ports.some(
      ({ nodePort, protocol }) => nodePort === forward.nodePort && protocol === forward.protocol,
    ),
  );
  return new Map(own.map((forward) => [forwardKey(forward), forward.traffic]));
}
