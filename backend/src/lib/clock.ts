import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Time as a dependency, so that tests own it. All values are milliseconds. */
export interface Clock {
  /** Wall clock in milliseconds since the epoch. It can jump. Use it for dates that are shown, stored or compared with expiry. */
  now(): number;
  /** Monotonic clock in milliseconds. Use it for durations, deadlines and retries. */
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
