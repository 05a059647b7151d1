import type { Ends } from "../events/ends.ts";
import { isHidden } from "../workloads/identity.ts";
import type { Lanes } from "./lanes.ts";
import type { Left } from "./leave/left-networks.ts";
import type { Observed } from "./look/observe.ts";

/** Corrects stale observations by newer knowledge. */
export interface Belief {
  /** Applies the ends that events reported before the list shows them. A fresh list settles the ends that it shows. */
  ended(seen: Observed, fresh: boolean): Observed;
  /**
   * Omits networks with a join in progress, because a join that moves the backend's default route is undone. Also omits networks
   * that are being left or were left since the engine was asked.
   */
  proven(seen: Observed): Observed;
}

export function createBelief(ends: Ends, left: Left, lanes: Pick<Lanes, "changing">): Belief {
  return {
    ended(seen, fresh) {
      const list = ends.applyTo([...seen.byId.values()], fresh);
      return {
        ...seen,
        byId: new Map(list.map((one) => [one.id, one])),
        containers: list.filter((one) => !isHidden(one)),
        yielded: ends.yielded(),
      };
    },
    proven(seen) {
      const changing = lanes.changing();
      if (seen.self === null) return seen;
      const joined = seen.self.joined.filter(
        ({ networkId }) => !changing.has(networkId) && !left.since(networkId, seen.asked),
      );
      return { ...seen, self: { ...seen.self, joined } };
    },
  };
}
