import type { Clock } from "./clock.ts";

/** Waits for a promise, at most `ms` milliseconds or until the signal aborts. */
export async function inTime(
  ended: Promise<unknown> | null,
  ms: number,
  clock: Pick<Clock, "sleep">,
  signal: AbortSignal,
): Promise<void> {
  if (ended === null || ms <= 0) return;
  const over = new AbortController();
  const late = clock.sleep(ms, AbortSignal.any([signal, over.signal])).catch(() => undefined);
  await Promise.race([ended, late]);
  over.abort();
}
