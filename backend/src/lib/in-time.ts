import type { Clock } from "./clock.ts";

/** Waits for a promise, at most `ms` milliseconds or until the signal aborts. Returns whether it settled in time. */
export async function inTime(
  ended: Promise<unknown> | null,
  ms: number,
  clock: Pick<Clock, "sleep">,
  signal?: AbortSignal,
): Promise<boolean> {
  if (ended === null) return true;
  if (ms <= 0) return false;
  const over = new AbortController();
  const until = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(ms, until).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([ended.then(() => true), late]);
  } finally {
    over.abort();
  }
}

/** Returns the value if it resolves in time; null if it rejects or is late. */
export async function valueInTime<T>(
  value: Promise<T>,
  ms: number,
  clock: Pick<Clock, "sleep">,
): Promise<T | null> {
  let known: T | null = null;
  const ended = value.then(
    (one) => {
      known = one;
    },
    () => undefined,
  );
  await inTime(ended, ms, clock);
  return known;
}
