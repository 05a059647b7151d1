import { backoffDelay } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/** Asks for another look at the world when a look had to do without an answer. No event reports what was missed. */
export interface LookAgain {
  /** The missing answer has arrived. */
  late(): void;
  /** An answer failed or is late, and the look goes by what was known before. */
  missed(): void;
}

/** First and longest delay of the look after a failure, while every look misses something. Milliseconds. */
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** `look` has the loop look soon. */
export function createLookAgain(clock: Clock, look: () => void): LookAgain {
  let misses = 0;
  let dueAt = Number.NEGATIVE_INFINITY;

  return {
    late: look,
    missed() {
      const now = clock.monotonic();
      // One look is under way to all that it misses.
      if (now < dueAt) return;
      const isNew = now - dueAt > LONGEST_MS;
      misses = isNew ? 1 : misses + 1;
      const delay = backoffDelay(misses, { first: FIRST_MS, most: LONGEST_MS });
      dueAt = now + delay;
      void clock.sleep(delay).then(look);
    },
  };
}
