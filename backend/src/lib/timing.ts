import type { Clock } from "./clock.ts";

/* Every way to wait. All times are milliseconds by the clock that the caller passes. */

/** Sleeps. Resolves early when the signal aborts; never rejects. */
export async function pause(ms: number, clock: Pick<Clock, "sleep">, signal?: AbortSignal): Promise<void> {
  await clock.sleep(Math.max(0, ms), signal).catch(() => undefined);
}

/** A promise, or work that gets a signal: it aborts when nobody waits for the result any more. */
type Work<T> = Promise<T> | ((signal: AbortSignal) => Promise<T>);

/**
 * Waits for work, at most `ms` or until the signal aborts; then resolves with `otherwise`. Rejects as the work does. Work that is a
 * function is called in any case.
 */
export async function within<T, Otherwise>(
  work: Work<T>,
  ms: number,
  {
    clock,
    signal,
    otherwise,
  }: { clock: Pick<Clock, "sleep">; signal?: AbortSignal | undefined; otherwise: Otherwise },
): Promise<T | Otherwise> {
  const over = new AbortController();
  const either = eitherOf(over.signal, signal);
  const late = pause(ms, clock, either).then(() => otherwise);
  try {
    return await Promise.race([typeof work === "function" ? work(either) : work, late]);
  } finally {
    over.abort(OVER);
  }
}

/**
 * Runs work with a signal that aborts after `ms`, or with `signal`. Waits until the work has ended, so it must end at its signal.
 * Resolves and rejects as the work does.
 */
export async function limited<T>(
  work: (signal: AbortSignal) => Promise<T>,
  ms: number,
  { clock, signal }: { clock: Pick<Clock, "sleep">; signal?: AbortSignal | undefined },
): Promise<T> {
  const late = new AbortController();
  const over = new AbortController();
  clock.sleep(ms, over.signal).then(
    () => late.abort(new Error("ETIMEDOUT")),
    () => undefined,
  );
  try {
    return await work(eitherOf(late.signal, signal));
  } finally {
    over.abort(OVER);
  }
}

/**
 * A signal that aborts after `ms`, or with `signal`. By the computer's own clock: for sockets and programs, which tests' clocks don't
 * move.
 */
export function deadlineSignal(ms: number, signal?: AbortSignal): AbortSignal {
  return eitherOf(AbortSignal.timeout(ms), signal);
}

/** A reason of its own would cost an error with a stack for each wait, and nobody sees it. */
const OVER = new Error("nobody waits any more");

/** Waits for work, at most until the signal aborts; then resolves with `otherwise`. Rejects as the work does. */
export async function unlessAborted<T, Otherwise>(
  work: Promise<T>,
  signal: AbortSignal,
  otherwise: Otherwise,
): Promise<T | Otherwise> {
  let stop = (): void => undefined;
  const aborted = new Promise<Otherwise>((resolve) => {
    stop = () => resolve(otherwise);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Calls `probe` every `everyMs` until it resolves with something other than null and false, and resolves with that; with null once `ms` are
 * over. Rejects as the probe does, and with the signal's reason when that aborts.
 */
export async function until<T>(
  probe: () => Promise<T | null | false>,
  ms: number,
  {
    clock,
    everyMs,
    signal,
  }: { clock: Pick<Clock, "monotonic" | "sleep">; everyMs: number; signal?: AbortSignal },
): Promise<T | null> {
  const deadline = clock.monotonic() + ms;
  while (clock.monotonic() < deadline) {
    const found = await probe();
    if (found !== null && found !== false) return found;
    await clock.sleep(everyMs, signal);
  }
  return null;
}

/** Sleeps that can be ended early. */
export interface Sleeper {
  /** Resolves after `ms`, when woken or when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Ends all current sleeps. Later ones are not affected. */
  wake(): void;
}

export function createSleeper(clock: Pick<Clock, "sleep">): Sleeper {
  const sleeping = new Set<AbortController>();
  return {
    async sleep(ms, signal) {
      const early = new AbortController();
      sleeping.add(early);
      await pause(ms, clock, eitherOf(early.signal, signal));
      sleeping.delete(early);
    },
    wake() {
      for (const early of sleeping) early.abort(OVER);
    },
  };
}

/** Runs work one after the other, in the order of the calls. Resolves and rejects as the work does. */
export type Mutex = <T>(work: () => Promise<T>) => Promise<T>;

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return await turn;
  };
}

/** A mutex for each key: work with different keys runs concurrently. */
export function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work);
    const over = turn.catch(() => undefined);
    last.set(key, over);
    try {
      return await turn;
    } finally {
      if (last.get(key) === over) last.delete(key);
    }
  };
}

function eitherOf(first: AbortSignal, second: AbortSignal | undefined): AbortSignal {
  return second === undefined ? first : AbortSignal.any([first, second]);
}
