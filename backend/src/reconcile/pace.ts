import type { Clock } from "../lib/clock.ts";
import { createSleeper, within } from "../lib/timing.ts";

/**
 * Cause of a look. `user`: a click. `urgent`: an awaited change arrived. `event`: a shared container changed. `hint`: anything else
 * changed.
 */
export type Cause = "user" | "urgent" | "event" | "hint";

/** Schedules the loop's looks. */
export interface Pace {
  ask(cause: Cause): void;
  /** Marks the start of a pass, which handles every earlier trigger. */
  begin(): void;
  /** The pass has ended. */
  end(): void;
  /** Resolves when all earlier triggers are handled, or after `ms`. */
  settled(ms: number): Promise<void>;
  /** Resolves when the next pass is due: on a trigger, or after `dueMs`. The last look took `lookMs`. */
  next(times: { lookMs: number; dueMs: number }, signal: AbortSignal): Promise<void>;
}

/** Batches events, because container churn makes hundreds a second. Milliseconds. */
const BETWEEN_LOOKS_MS = 50;
/** Idle time after a look, as a multiple of its duration, so that looks take at most a sixth of a busy engine's time. */
const LOOKS_APART = 5;
/** Longest delay for a change to a share, however slow looks are. Milliseconds. */
const SHARED_WAITS_MS = 1_000;
const OTHERS_WAIT_MS = 10_000;
/** Interval for unshared containers while no panel is open. Milliseconds. */
const UNWATCHED_MS = 5_000;

export function createPace(clock: Clock, watched: () => boolean): Pace {
  const pending = new Set<Cause>();
  const waiters = new Set<{ target: number; done: () => void }>();
  let asked = 0;
  let begun = 0;
  let completed = 0;
  const sleeper = createSleeper(clock);
  /** The causes that end the current sleep. */
  let awaited: readonly Cause[] = [];

  /** Sleeps until the time is over or one of these causes triggers. */
  async function sleepUnless(ms: number, causes: readonly Cause[], signal: AbortSignal): Promise<void> {
    if (signal.aborted || causes.some((cause) => pending.has(cause)) || ms <= 0) return;
    awaited = causes;
    await sleeper.sleep(ms, signal);
  }

  return {
    ask(cause) {
      asked += 1;
      pending.add(cause);
      if (awaited.includes(cause)) sleeper.wake();
    },
    begin() {
      begun = asked;
      pending.clear();
    },
    end() {
      completed = begun;
      for (const waiter of waiters) {
        if (waiter.target > completed) continue;
        waiters.delete(waiter);
        waiter.done();
      }
    },
    async settled(ms) {
      const target = asked;
      if (completed >= target) return;
      const handled = new Promise<void>((done) => waiters.add({ target, done }));
      await within(handled, ms, { clock, otherwise: undefined });
    },
    async next({ lookMs, dueMs }, signal) {
      const began = clock.monotonic();
      const restMs = Math.max(BETWEEN_LOOKS_MS, LOOKS_APART * lookMs);
      const remainingMs = (ms: number) => began + Math.min(ms, dueMs) - clock.monotonic();
      await sleepUnless(BETWEEN_LOOKS_MS, ["user", "urgent"], signal);
      await sleepUnless(remainingMs(Math.min(restMs, SHARED_WAITS_MS)), ["user", "urgent"], signal);
      const othersMs = Math.min(restMs, OTHERS_WAIT_MS);
      await sleepUnless(
        remainingMs(watched() ? othersMs : Math.max(othersMs, UNWATCHED_MS)),
        ["user", "urgent", "event"],
        signal,
      );
      await sleepUnless(remainingMs(Number.POSITIVE_INFINITY), ["user", "urgent", "event", "hint"], signal);
    },
  };
}
