import { readFileSync } from "node:fs";

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
  sleep,
};

/** `node:timers/promises` makes an error with a stack for each sleep that is aborted, and most of ours are. */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Moves the time of day ahead by the milliseconds that a file contains; by nothing while the file is missing. For tests of events
 * that are hours away. Sleeps still take real time.
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
