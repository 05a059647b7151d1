import type { Clock } from "../lib/clock.ts";

/**
 * What asks for a look. `user`: a click. `urgent`: something that was waited for has come. `event`: something that is shared changed.
 * `hint`: something else did.
 */
export type Cause = "user" | "urgent" | "event" | "hint";

/** When the loop looks again. */
export interface Pace {
  ask(cause: Cause): void;
  /** A pass begins, which deals with everything that was asked for until now. */
  begin(): void;
  /** The pass has ended. */
  end(): void;
  /** Resolves when everything that was asked for until now has been dealt with, or after `ms`. */
  settled(ms: number): Promise<void>;
  /** Resolves when the next pass is to begin: when it was asked for, or in `dueMs`. The last look took `lookMs`. */
  next(times: { lookMs: number; dueMs: number }, signal: AbortSignal): Promise<void>;
}

/** Container churn makes hundreds of events a second; a pass a while is enough. Milliseconds. */
const BETWEEN_LOOKS_MS = 50;
/** A look is followed by this many times its own length without one, so that a busy engine never pays for more than a sixth. */
const LOOKS_APART = 5;
/** What is shared does not wait longer than this for a look, however long looks take. Milliseconds. */
const SHARED_WAITS_MS = 1_000;
const OTHERS_WAIT_MS = 10_000;
/** Between looks at what is not shared while nobody watches. Milliseconds. */
const UNWATCHED_MS = 5_000;

export function createPace(clock: Clock, watched: () => boolean): Pace {
  const pending = new Set<Cause>();
  const waiters = new Set<{ target: number; done: () => void }>();
  let asked = 0;
  let begun = 0;
  let completed = 0;
  let wake: () => void = () => undefined;

  /** Sleeps, but no longer than until one of these causes asks. */
  async function sleepUnless(ms: number, causes: readonly Cause[], signal: AbortSignal): Promise<void> {
    const ready = () => signal.aborted || causes.some((cause) => pending.has(cause));
    if (ready() || ms <= 0) return;
    const early = new AbortController();
    wake = () => {
      if (ready()) early.abort();
    };
    await clock.sleep(ms, AbortSignal.any([signal, early.signal])).catch(() => undefined);
    wake = () => undefined;
  }

  return {
    ask(cause) {
      asked += 1;
      pending.add(cause);
      wake();
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
      const timeout = new AbortController();
      await Promise.race([
        new Promise<void>((done) => waiters.add({ target, done })),
        clock.sleep(ms, timeout.signal).catch(() => undefined),
      ]);
      timeout.abort();
    },
    async next({ lookMs, dueMs }, signal) {
      const began = clock.now();
      const restMs = Math.max(BETWEEN_LOOKS_MS, LOOKS_APART * lookMs);
      const left = (ms: number) => began + Math.min(ms, dueMs) - clock.now();
      await sleepUnless(BETWEEN_LOOKS_MS, ["user", "urgent"], signal);
      await sleepUnless(left(Math.min(restMs, SHARED_WAITS_MS)), ["user", "urgent"], signal);
      const othersMs = Math.min(restMs, OTHERS_WAIT_MS);
      await sleepUnless(
        left(watched() ? othersMs : Math.max(othersMs, UNWATCHED_MS)),
        ["user", "urgent", "event"],
        signal,
      );
      await sleepUnless(left(Number.POSITIVE_INFINITY), ["user", "urgent", "event", "hint"], signal);
    },
  };
}
