import type { Clock } from "../lib/clock.ts";
import type { Answer } from "../ports/verdict.ts";
import { type Forward, forwardKey } from "./data-plane.ts";

/**
 * Finds out whether forwards lead to something that takes connections, beside everything else and without a trace in the
 * applications: when one begins to lead there, then again and again until something does, and seldom afterwards.
 */
export interface Listeners {
  /** What leads somewhere right now; anything else is forgotten. */
  see(forwards: readonly Forward[]): void;
  /** Those that gave something else than a connection, twice in a row, by `forwardKey`. */
  unanswered(): Unanswered;
  /** Tries until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

/** What came of trying to connect where forwards lead. */
export type Unanswered = ReadonlyMap<string, "refused" | "none">;

interface Watched {
  forward: Forward;
  /** The last answer, where that was no connection. */
  bad: "refused" | "none" | null;
  /** How often in a row that came. */
  times: number;
  /** By the clock that is never set back. Milliseconds. */
  dueAt: number;
}

/** One refusal may be a program that is just being restarted, and one silence a computer that has its hands full. */
const TOLD_AFTER = 2;
/** From one try to the next while there is no connection, by what came how often; the last from then on. Milliseconds. */
const AGAIN_MS: Readonly<Record<"refused" | "none", readonly number[]>> = {
  refused: [250, 500, 1_000, 1_500],
  // A firewall is changed by hand, and each of these tries takes its full time.
  none: [250, 1_000, 3_000, 10_000],
};
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
  const told = ({ bad, times }: Watched) => (times >= TOLD_AFTER ? bad : null);

  async function attempt(one: Watched): Promise<void> {
    one.dueAt = Number.POSITIVE_INFINITY;
    const before = told(one);
    const answer = await tryIt(one.forward.address, one.forward.port);
    if (answer !== null) {
      const bad = answer === "taken" ? null : answer;
      // Told already, it stays told: silence may turn to refusal.
      one.times = bad === null ? 0 : bad === one.bad || before !== null ? one.times + 1 : 1;
      one.bad = bad;
    }
    one.dueAt = clock.monotonic() + pauseAfter(one);
    if (told(one) !== before && watched.get(keyOf(one.forward)) === one) onChange();
  }

  async function round(): Promise<void> {
    const due = [...watched.values()].filter(({ dueAt }) => dueAt <= clock.monotonic());
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
        watched.set(key, { forward, bad: null, times: 0, dueAt: clock.monotonic() });
        wake();
      }
    },

    unanswered: () =>
      new Map(
        [...watched.values()].flatMap((one) => {
          const bad = told(one);
          return bad === null ? [] : [[forwardKey(one.forward), bad] as const];
        }),
      ),

    async run(signal) {
      while (!signal.aborted) {
        await round();
        const early = new AbortController();
        const next = Math.min(
          ...[...watched.values()].map(({ dueAt }) => dueAt),
          clock.monotonic() + SELDOM_MS,
        );
        // What came while others were tried is due already.
        const ms = Math.max(0, next - clock.monotonic());
        wake = () => early.abort();
        await clock.sleep(ms, AbortSignal.any([signal, early.signal])).catch(() => undefined);
        wake = () => undefined;
      }
    },
  };
}

function pauseAfter({ bad, times }: Watched): number {
  if (bad === null) return SELDOM_MS;
  const pauses = AGAIN_MS[bad];
  return pauses[Math.min(times, pauses.length) - 1] ?? SELDOM_MS;
}
