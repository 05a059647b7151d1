import type { Fault } from "@tailnet-share/contract/errors";
import type { NetworkFacts } from "./facts.ts";

export type WayOutRule = "order" | "dual-stack" | "priority" | "own-route";

/** Facts for predicting whether a join works. */
export interface JoinSurroundings {
  /** The extension's own network; undefined while unknown. */
  home: NetworkFacts | undefined;
  /**
   * How the engine picks the network for a container's default route. `order`: the first in its own order (up to Engine 27).
   * `dual-stack`: the first with both protocols, regardless of priority (Engine 28). `priority`: the highest priority, per protocol
   * (since Engine 29). `own-route`: the newest, which the backend's own route goes before (Podman).
   */
  rule: WayOutRule;
}

/** Predicts from a network's facts why the backend can't join it; null when a join is worth trying. Pure. */
export function joinRefusalOf(
  network: NetworkFacts | undefined,
  { home, rule }: JoinSurroundings,
): Fault | null {
  if (network === undefined) return null;
  if (network.scope === "swarm" && !network.attachable) {
    return {
      code: "NETWORK_NOT_JOINABLE",
      message: `The network '${network.name}' belongs to a swarm and lets no single container join.`,
      hint: "Make the network attachable ('attachable: true', '--attachable'), or share the container as its own machine.",
    };
  }
  return home !== undefined && takesWayOut(network, home, rule) ? egressMoved(network.name) : null;
}

export function egressMoved(networkName: string): Fault {
  return {
    code: "EGRESS_MOVED",
    message: `Joining the network '${networkName}' would cut Tailnet Share off from the tailnet.`,
    hint: "Update to Docker Engine 29 or later, or connect the container to an IPv4-only network whose name sorts after '0-tailnet-share'. On Podman 5, make that network by 'podman network create -o metric=10 0-tailnet-share'.",
  };
}

/**
 * Returns whether a container on both networks gets its IPv4 default route from `network`, whose priority is lower if the engine has any.
 * Source: libnetwork, `sandbox.go`, `Endpoint.Less`, and `default_gateway.go`, `getGatewayEndpoint` (20.10 to 27), `selectGatewayEndpoint`
 * (28), `getGatewayEndpoint` (29). The order: networks with a default route, then more gateways, then the lower name.
 */
function takesWayOut(network: NetworkFacts, home: NetworkFacts, rule: WayOutRule): boolean {
  const gateways = gatewaysOf(network);
  if (gateways === 0 || rule === "priority" || rule === "own-route") return false;
  if (rule === "dual-stack") return network.ipv6 && !network.internal && !home.ipv6;
  if (network.internal !== home.internal) return home.internal;
  const ofHome = gatewaysOf(home);
  return gateways === ofHome ? network.name < home.name : gateways > ofHome;
}

/** libnetwork's weights: 1 for IPv4, 2 for IPv6. An overlay network uses one of the engine's bridges as its gateway instead. */
function gatewaysOf({ driver, ipv6 }: NetworkFacts): number {
  if (driver === "overlay") return 0;
  return ipv6 ? 3 : 1;
}
