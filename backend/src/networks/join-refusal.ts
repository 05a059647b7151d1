import type { Fault } from "@tailnet-share/contract/errors";
import type { NetworkFacts } from "./facts.ts";

export type WayOutRule = "order" | "dual-stack" | "priority";

/** What is known about joining before it is tried. */
export interface JoinSurroundings {
  /** The extension's own network; undefined while it is not known. */
  home: NetworkFacts | undefined;
  /**
   * Whom the engine gives the way out among the networks of a container. `order`: the first of an order of its own (up to Engine 27).
   * `dual-stack`: the first with both protocols, whatever its priority (Engine 28). `priority`: the one with the highest, for each
   * protocol (from Engine 29 on).
   */
  rule: WayOutRule;
}

/** Why the backend cannot join a network, as far as the network itself shows it; null when nothing speaks against trying. Pure. */
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
    message: `Joining the network '${networkName}' would cut the extension off from the tailnet.`,
    hint: "Connect the container instead to a network without IPv6 whose name sorts after '0-tailnet-share', or use Docker Engine 29 or newer.",
  };
}

/**
 * Whether a container on both networks gets its IPv4 default route from the first, which has a lower priority where there are any.
 * Source: libnetwork, `sandbox.go`, `Endpoint.Less`, and `default_gateway.go`, `getGatewayEndpoint` (20.10 to 27), `selectGatewayEndpoint`
 * (28), `getGatewayEndpoint` (29). The order is: those with a way out, those with more gateways, the lower name.
 */
function takesWayOut(network: NetworkFacts, home: NetworkFacts, rule: WayOutRule): boolean {
  const gateways = gatewaysOf(network);
  if (gateways === 0 || rule === "priority") return false;
  if (rule === "dual-stack") return network.ipv6 && !network.internal && !home.ipv6;
  if (network.internal !== home.internal) return home.internal;
  const ofHome = gatewaysOf(home);
  return gateways === ofHome ? network.name < home.name : gateways > ofHome;
}

/** As libnetwork weighs them: one for IPv4, two for IPv6. An overlay network leaves by a bridge of the engine's instead. */
function gatewaysOf({ driver, ipv6 }: NetworkFacts): number {
  if (driver === "overlay") return 0;
  return ipv6 ? 3 : 1;
}
