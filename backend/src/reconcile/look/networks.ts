import type { Engine } from "../../engine/engine.ts";
import type { LookAgain } from "../../lib/look-again.ts";
import type { NetworkFacts } from "../../networks/facts.ts";
import type { ContainerFacts } from "../../workloads/facts.ts";

/** Never rejects: on failure it returns the previous networks and asks again at the next look. */
export type NetworksLook = (
  containers: readonly ContainerFacts[],
  before: ReadonlyMap<string, NetworkFacts>,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, NetworkFacts>>;

/** Lists the networks only when a container is on an unknown one, because networks never change. */
export function createNetworksLook(
  engine: Pick<Engine, "networks">,
  again: Pick<LookAgain, "missed">,
): NetworksLook {
  /** Includes IDs that the engine didn't list: a stopped container keeps the ID of a removed network. */
  let lookedFor: ReadonlySet<string> = new Set();
  return async (containers, before, signal) => {
    const ids = new Set(
      containers.flatMap(({ networks }) => networks.map(({ networkId }) => networkId)).filter(Boolean),
    );
    if ([...ids].every((id) => lookedFor.has(id))) return before;
    try {
      const networks = await engine.networks(signal);
      lookedFor = ids;
      return networks;
    } catch {
      again.missed();
      return before;
    }
  };
}
