import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Time as a dependency, so that tests own it. All values are milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch: the date, which may be set forward and back. For what is shown, stored, or ends at a date. */
  now(): number;
  /** Milliseconds since some moment; never goes back. For durations, deadlines and retries. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? { signal } : {});
  },
};

/**
 * The same clock with the time of day that a file puts ahead, by the milliseconds that stand in it; by none while there is no such
 * file. For tests of what happens hours from now. Waits take as long as ever.
 */
export function clockAheadBy(file: string, clock: Clock = systemClock): Clock {
  return {
    ...clock,
    now: () => clock.now() + millisecondsIn(file),
    monotonic: () => clock.monotonic() + millisecondsIn(file),
  };
}

function millisecondsIn(file: string): number {
  try {
    const ahead = Number(readFileSync(file, "utf8"));
    return Number.isFinite(ahead) ? ahead : 0;
  } catch {
    return 0;
  }
}
