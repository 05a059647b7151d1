import type { Ends } from "../events/ends.ts";
import { isHidden } from "../workloads/identity.ts";
import type { Lanes } from "./lanes.ts";
import type { LeftNetworks } from "./leave/left-networks.ts";
import type { Observed } from "./look/observe.ts";

/** Corrects stale observations by newer knowledge. */
export interface Belief {
  /** Applies the ends that events reported before the list shows them. A fresh list settles the ends that it shows. */
  ended(observed: Observed, fresh: boolean): Observed;
  /**
   * Omits networks with a join in progress, because a join that moves the backend's default route is undone. Also omits networks
   * that are being left or were left since the engine was asked.
   */
  proven(observed: Observed): Observed;
}

export function createBelief(ends: Ends, leftNetworks: LeftNetworks, lanes: Pick<Lanes, "changing">): Belief {
  return {
    ended(observed, fresh) {
      const list = ends.applyTo([...observed.byId.values()], fresh);
      return {
        ...observed,
        byId: new Map(list.map((container) => [container.id, container])),
        containers: list.filter((container) => !isHidden(container)),
        yielded: ends.yielded(),
      };
    },
    proven(observed) {
      const changing = lanes.changing();
      if (observed.self === null) return observed;
      const joined = observed.self.joined.filter(
        ({ networkId }) => !changing.has(networkId) && !leftNetworks.since(networkId, observed.asked),
      );
      return { ...observed, self: { ...observed.self, joined } };
    },
  };
}
