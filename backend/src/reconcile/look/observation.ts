import type { EngineKind } from "@tailnet-share/contract/engine-name";
import { nothingObserved, type Observed } from "./observe.ts";

/** The last observation. It is made first: everybody reads it, and only the loop replaces it. */
export interface Observation {
  observed(): Observed;
  replace(next: Observed): void;
}

/** `kind`: which engine it seems to be before it has answered. */
export function createObservation(kind: EngineKind = {}): Observation {
  let last: Observed = { ...nothingObserved, engine: { ...nothingObserved.engine, ...kind } };
  return {
    observed: () => last,
    replace(next) {
      last = next;
    },
  };
}
