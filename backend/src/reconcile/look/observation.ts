import { nothingObserved, type Observed } from "./observe.ts";

/** The last observation. It is made first: everybody reads it, and only the loop replaces it. */
export interface Observation {
  observed(): Observed;
  replace(next: Observed): void;
}

export function createObservation(): Observation {
  let last: Observed = nothingObserved;
  return {
    observed: () => last,
    replace(next) {
      last = next;
    },
  };
}
