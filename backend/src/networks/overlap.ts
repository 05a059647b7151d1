import type { Fault } from "@tailnet-share/contract/errors";
import { overlaps, TAILNET_SUBNETS } from "../lib/net/subnets.ts";
import type { NetworkFacts } from "./facts.ts";

/** Cached: every share asks at each pass, and the networks rarely change. */
const known = new WeakMap<
  ReadonlyMap<string, NetworkFacts>,
  { homeId: string | null; refusals: ReadonlyMap<string, Fault> }
>();

/** Networks the backend must not join because their addresses overlap others that it uses; by ID. `homeId` is its own network. Pure. */
export function overlappingNetworks(
  networks: ReadonlyMap<string, NetworkFacts>,
  homeId: string | null,
): ReadonlyMap<string, Fault> {
  const memo = known.get(networks);
  if (memo !== undefined && memo.homeId === homeId) return memo.refusals;
  const home = networks.get(homeId ?? "");
  const refusals = new Map(
    [...networks].flatMap(([id, network]) => {
      const fault = id === homeId ? null : refusalOf(network, home);
      return fault === null ? [] : [[id, fault] as const];
    }),
  );
  known.set(networks, { homeId, refusals });
  return refusals;
}

function refusalOf(network: NetworkFacts, home: NetworkFacts | undefined): Fault | null {
  if (overlapsAny(network, TAILNET_SUBNETS)) return overlap(network, "Your tailnet");
  return home !== undefined && overlapsAny(network, subnetsOf(home))
    ? overlap(network, "Tailnet Share's own network")
    : null;
}

function overlapsAny(network: NetworkFacts, ranges: readonly string[]): boolean {
  return subnetsOf(network).some((subnet) => ranges.some((range) => overlaps(subnet, range)));
}

/** Replies from such a network would be dropped: tailscaled reserves these addresses for the tailnet. */
function overlap(network: NetworkFacts, whose: string): Fault {
  return {
    code: "NETWORK_OVERLAPS",
    message: `${whose} has the same addresses as the network '${network.name}' (${subnetsOf(network).join(", ")}).`,
    hint: "Share the container as its own machine, or give that network another subnet.",
  };
}

function subnetsOf({ pools }: NetworkFacts): readonly string[] {
  return pools.map(({ subnet }) => subnet);
}
