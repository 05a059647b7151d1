import { setTimeout as delay } from "node:timers/promises";

export interface WaitOptions {
  /** Completes the sentence 'timed out waiting for …'. */
  readonly what: string;
  /** Timeout in milliseconds. */
  readonly timeoutMs: number;
  /** Interval between two probes, in milliseconds. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Calls `probe` until it returns something other than `undefined`, `null` or `false`, and returns that. A probe that throws counts
 * as 'not yet'. Rejects at the deadline with `what` and the last failure.
 */
export async function waitFor<T>(
  probe: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  options: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  let last: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) {
      const seconds = Math.round(options.timeoutMs / 100) / 10;
      const detail = last instanceof Error ? `: ${last.message}` : "";
      throw new Error(`timed out after ${seconds} s waiting for ${options.what}${detail}`, { cause: last });
    }
    await delay(options.everyMs ?? 100, undefined, { signal: options.signal });
  }
}
