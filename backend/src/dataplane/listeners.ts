import type { Clock } from "../lib/clock.ts";
import { createSleeper } from "../lib/timing.ts";
import type { Answer } from "../ports/answer.ts";
import { type Forward, forwardKey } from "./data-plane.ts";

/**
 * Probes in the background whether forwards' targets accept connections, without the applications noticing. It probes a new
 * forward at once, retries until the target accepts, and then probes rarely.
 */
export interface Listeners {
  /** Sets the current forwards; forgets all others. */
  see(forwards: readonly Forward[]): void;
  /** Forwards that failed two probes in a row with the same answer, by `forwardKey`. */
  unanswered(): Unanswered;
  /** Probes until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

/** Results of probing the forwards' targets. */
export type Unanswered = ReadonlyMap<string, "refused" | "none">;

interface Watched {
  forward: Forward;
  /** The last answer; null after a connection. */
  bad: "refused" | "none" | null;
  /** How many times in a row it failed this way. */
  times: number;
  /** Times of the last probe and the next, by the monotonic clock. Milliseconds. */
  triedAt: number;
  dueAt: number;
}

/** A single refusal may be a program restarting, and a single timeout a busy computer. */
const REPORTED_AFTER = 2;
/** Back-off between probes, by answer and number of failures; the last value repeats. Milliseconds. */
const AGAIN_MS: Readonly<Record<"refused" | "none", readonly number[]>> = {
  refused: [250, 500, 1_000, 1_500],
  // Firewalls change by hand, and each of these probes runs into its timeout.
  none: [250, 1_000, 3_000, 10_000],
};
/** Interval while the target accepts. Milliseconds. */
const SELDOM_MS = 60_000;
/** The same while nobody watches. Milliseconds. */
const UNWATCHED_MS = 300_000;
/** Maximum number of concurrent probes: more would only wait for each other. */
const AT_ONCE = 16;

export function createListeners({
  tryIt,
  onChange,
  watched = () => true,
  clock,
}: {
  tryIt: (address: string, port: number) => Promise<Answer>;
  /** Called when the unanswered forwards change. */
  onChange: () => void;
  /** Whether a panel is showing the answers. Defaults to always. */
  watched?: () => boolean;
  clock: Clock;
}): Listeners {
  const known = new Map<string, Watched>();
  const sleeper = createSleeper(clock);

  const keyOf = (forward: Forward) => `${forwardKey(forward)} ${forward.address}:${forward.port}`;
  const reported = ({ bad, times }: Watched) => (times >= REPORTED_AFTER ? bad : null);

  async function attempt(entry: Watched): Promise<void> {
    entry.dueAt = Number.POSITIVE_INFINITY;
    const before = reported(entry);
    const answer = await tryIt(entry.forward.address, entry.forward.port);
    if (answer !== null) {
      const bad = answer === "taken" ? null : answer;
      // Keep a reported failure: a timeout may become a refusal.
      entry.times = bad === null ? 0 : bad === entry.bad || before !== null ? entry.times + 1 : 1;
      entry.bad = bad;
    }
    entry.triedAt = clock.monotonic();
    entry.dueAt = entry.triedAt + pauseAfter(entry, watched());
    if (reported(entry) !== before && known.get(keyOf(entry.forward)) === entry) onChange();
  }

  /** Makes probes due sooner when a panel opens: their results may be minutes old. */
  function hurry(): void {
    let earlier = false;
    for (const entry of known.values()) {
      const dueAt = entry.triedAt + SELDOM_MS;
      if (entry.bad !== null || entry.dueAt === Number.POSITIVE_INFINITY || entry.dueAt <= dueAt) continue;
      entry.dueAt = dueAt;
      earlier = true;
    }
    if (earlier) sleeper.wake();
  }

  async function round(): Promise<void> {
    const due = [...known.values()].filter(({ dueAt }) => dueAt <= clock.monotonic());
    for (let first = 0; first < due.length; first += AT_ONCE)
      await Promise.all(due.slice(first, first + AT_ONCE).map(attempt));
  }

  return {
    see(forwards) {
      const now = new Map(
        forwards.filter(({ protocol }) => protocol === "tcp").map((forward) => [keyOf(forward), forward]),
      );
      for (const key of known.keys()) if (!now.has(key)) known.delete(key);
      if (watched()) hurry();
      for (const [key, forward] of now) {
        if (known.has(key)) continue;
        known.set(key, { forward, bad: null, times: 0, triedAt: 0, dueAt: clock.monotonic() });
        sleeper.wake();
      }
    },

    unanswered: () =>
      new Map(
        [...known.values()].flatMap((entry) => {
          const bad = reported(entry);
          return bad === null ? [] : [[forwardKey(entry.forward), bad] as const];
        }),
      ),

    async run(signal) {
      while (!signal.aborted) {
        await round();
        const next = Math.min(
          ...[...known.values()].map(({ dueAt }) => dueAt),
          clock.monotonic() + SELDOM_MS,
        );
        // Forwards that arrived during the round are already due.
        await sleeper.sleep(next - clock.monotonic(), signal);
      }
    },
  };
}

function pauseAfter({ bad, times }: Watched, isWatched: boolean): number {
  if (bad === null) return isWatched ? SELDOM_MS : UNWATCHED_MS;
  const pauses = AGAIN_MS[bad];
  return pauses[Math.min(times, pauses.length) - 1] ?? SELDOM_MS;
}
