import type { Engine } from "../docker/engine.ts";
import type { ContainerFacts } from "../docker/facts.ts";
import type { NetworkFacts } from "../networks/facts.ts";

/** Never rejects: networks that cannot be read now are the ones known before, and are asked for at the next look. */
export type NetworksLook = (
  containers: readonly ContainerFacts[],
  before: ReadonlyMap<string, NetworkFacts>,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, NetworkFacts>>;

/** Lists the networks when a container is on one that was never looked for: a network never changes while it exists. */
export function createNetworksLook(engine: Pick<Engine, "networks">): NetworksLook {
  /** Also those that the engine did not list: a stopped container keeps the ID of a network that was removed. */
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
      return before;
    }
  };
}
