import { isHidden } from "../docker/identity.ts";
import type { Ends } from "../events/ends.ts";
import type { Lanes } from "./lanes.ts";
import type { Left } from "./left.ts";
import type { Observed } from "./observe.ts";

/** Corrects what was observed by what is known better. */
export interface Belief {
  /** What events have reported is true before the list shows it. A fresh list settles what it shows. */
  ended(seen: Observed, fresh: boolean): Observed;
  /**
   * A network that is being joined is none yet: a join that moves the backend's way out is taken back. One that is being left, or
   * was since the engine was asked, is none any more.
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
