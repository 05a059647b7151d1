import { setTimeout as delay } from "node:timers/promises";

/** The backend considers itself watched for half a minute after the last request. Logins are over by then, too. Milliseconds. */
const QUIET_MS = 45_000;
/** Interval between the starts of two windows. Milliseconds. */
const EVERY_MS = 20_000;

export interface Windows {
  readonly rounds: number;
  /** A minute contains a representative share of everything that the backend does at rest. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Waits until the backend no longer considers itself watched. */
export async function untilQuiet(signal: AbortSignal): Promise<void> {
  await delay(QUIET_MS, undefined, { signal });
}

/**
 * Reads counters, such as processor seconds, at the start and the end of overlapping windows, each 20 s after the previous one: five
 * windows of a minute take 140 s instead of 300. Returns one pair for each window.
 */
export async function windows<T>(
  look: () => Promise<T>,
  { rounds, seconds, signal }: Windows,
): Promise<readonly { readonly before: T; readonly after: T }[]> {
  const length = seconds * 1_000;
  return await Promise.all(
    Array.from({ length: rounds }, async (_, round) => {
      await delay(round * Math.min(EVERY_MS, length), undefined, { signal });
      const before = await look();
      await delay(length, undefined, { signal });
      return { before, after: await look() };
    }),
  );
}

/** Percent of one core, from processor seconds. */
export function percent(before: number, after: number, seconds: number): number {
  return ((after - before) / seconds) * 100;
}
