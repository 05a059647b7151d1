import type { Clock } from "../lib/clock.ts";
import { type Forward, forwardKey } from "./data-plane.ts";
import type { Answer } from "./silent-try.ts";

/**
 * Finds out whether anything listens where forwards lead, beside everything else and without a trace in the applications: when one
 * begins to lead there, then again and again until something does, and seldom afterwards.
 */
export interface Listeners {
  /** What leads somewhere right now; anything else is forgotten. */
  see(forwards: readonly Forward[]): void;
  /** Those that nothing takes connections for, by `forwardKey`. */
  unanswered(): ReadonlySet<string>;
  /** Tries until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

interface Watched {
  forward: Forward;
  /** Refusals since something listened last. */
  refusals: number;
  /** Milliseconds since the epoch. */
  dueAt: number;
}

/** One refusal may be a program that is just being started anew. */
const TOLD_AFTER = 2;
/** From one try to the next while nothing listens, by what went before; the last from then on. Milliseconds. */
const AGAIN_MS = [250, 500, 1_000, 1_500];
/** While something does. Milliseconds. */
const SELDOM_MS = 60_000;
/** More at once would only wait for each other. */
const AT_ONCE = 16;

export function createListeners({
  tryIt,
  onChange,
  clock,
}: {
  tryIt: (address: string, port: number) => Promise<Answer>;
  /** Called when what is unanswered has changed. */
  onChange: () => void;
  clock: Clock;
}): Listeners {
  const watched = new Map<string, Watched>();
  let wake: () => void = () => undefined;

  const keyOf = (forward: Forward) => `${forwardKey(forward)} ${forward.address}:${forward.port}`;
  const isUnanswered = ({ refusals }: Watched) => refusals >= TOLD_AFTER;

  async function attempt(one: Watched): Promise<void> {
    one.dueAt = Number.POSITIVE_INFINITY;
    const before = isUnanswered(one);
    const answer = await tryIt(one.forward.address, one.forward.port);
    one.refusals = answer === "refused" ? one.refusals + 1 : 0;
    const again =
      one.refusals === 0 ? SELDOM_MS : (AGAIN_MS[Math.min(one.refusals, AGAIN_MS.length) - 1] ?? SELDOM_MS);
    one.dueAt = clock.now() + again;
    if (isUnanswered(one) !== before && watched.get(keyOf(one.forward)) === one) onChange();
  }

  async function round(): Promise<void> {
    const due = [...watched.values()].filter(({ dueAt }) => dueAt <= clock.now());
    for (let first = 0; first < due.length; first += AT_ONCE)
      await Promise.all(due.slice(first, first + AT_ONCE).map(attempt));
  }

  return {
    see(forwards) {
      const now = new Map(
        forwards.filter(({ protocol }) => protocol === "tcp").map((forward) => [keyOf(forward), forward]),
      );
      for (const key of watched.keys()) if (!now.has(key)) watched.delete(key);
      for (const [key, forward] of now) {
        if (watched.has(key)) continue;
        watched.set(key, { forward, refusals: 0, dueAt: clock.now() });
        wake();
      }
    },

    unanswered: () =>
      new Set([...watched.values()].filter(isUnanswered).map(({ forward }) => forwardKey(forward))),

    async run(signal) {
      while (!signal.aborted) {
        await round();
        const early = new AbortController();
        const next = Math.min(...[...watched.values()].map(({ dueAt }) => dueAt), clock.now() + SELDOM_MS);
        // What came while others were tried is due already.
        const ms = Math.max(0, next - clock.now());
        wake = () => early.abort();
        await clock.sleep(ms, AbortSignal.any([signal, early.signal])).catch(() => undefined);
        wake = () => undefined;
      }
    },
  };
}
