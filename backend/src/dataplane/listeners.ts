import type { Clock } from "../lib/clock.ts";
import { createSleeper, type Sleeper } from "../lib/timing.ts";
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

export interface ListenersDependencies {
  tryIt: (address: string, port: number) => Promise<Answer>;
  /** Called when the unanswered forwards change. */
  onChange: () => void;
  /** Whether a panel is showing the answers. Defaults to always. */
  watched?: () => boolean;
  clock: Clock;
}

export function createListeners(dependencies: ListenersDependencies): Listeners {
  return new Probes(dependencies);
}

class Probes implements Listeners {
  readonly #tryIt: ListenersDependencies["tryIt"];
  readonly #onChange: () => void;
  readonly #watched: () => boolean;
  readonly #clock: Clock;
  readonly #sleeper: Sleeper;
  readonly #known = new Map<string, Watched>();

  constructor({ tryIt, onChange, watched = () => true, clock }: ListenersDependencies) {
    this.#tryIt = tryIt;
    this.#onChange = onChange;
    this.#watched = watched;
    this.#clock = clock;
    this.#sleeper = createSleeper(clock);
  }

  see(forwards: readonly Forward[]): void {
    const now = new Map(
      forwards.filter(({ protocol }) => protocol === "tcp").map((forward) => [keyOf(forward), forward]),
    );
    for (const key of this.#known.keys()) if (!now.has(key)) this.#known.delete(key);
    if (this.#watched()) this.#hurry();
    for (const [key, forward] of now) {
      if (this.#known.has(key)) continue;
      this.#known.set(key, { forward, bad: null, times: 0, triedAt: 0, dueAt: this.#clock.monotonic() });
      this.#sleeper.wake();
    }
  }

  unanswered(): Unanswered {
    return new Map(
      [...this.#known.values()].flatMap((target) => {
        const bad = reported(target);
        return bad === null ? [] : [[forwardKey(target.forward), bad] as const];
      }),
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#round();
      const next = Math.min(
        ...[...this.#known.values()].map(({ dueAt }) => dueAt),
        this.#clock.monotonic() + SELDOM_MS,
      );
      // Forwards that arrived during the round are already due.
      await this.#sleeper.sleep(next - this.#clock.monotonic(), signal);
    }
  }

  async #round(): Promise<void> {
    const due = [...this.#known.values()].filter(({ dueAt }) => dueAt <= this.#clock.monotonic());
    for (let first = 0; first < due.length; first += AT_ONCE)
      await Promise.all(due.slice(first, first + AT_ONCE).map(async (target) => await this.#attempt(target)));
  }

  async #attempt(target: Watched): Promise<void> {
    target.dueAt = Number.POSITIVE_INFINITY;
    const before = reported(target);
    const answer = await this.#tryIt(target.forward.address, target.forward.port);
    if (answer !== null) {
      const bad = answer === "taken" ? null : answer;
      // Keep a reported failure: a timeout may become a refusal.
      target.times = bad === null ? 0 : bad === target.bad || before !== null ? target.times + 1 : 1;
      target.bad = bad;
    }
    target.triedAt = this.#clock.monotonic();
    target.dueAt = target.triedAt + pauseAfter(target, this.#watched());
    if (reported(target) !== before && this.#known.get(keyOf(target.forward)) === target) this.#onChange();
  }

  /** Makes probes due sooner when a panel opens: their results may be minutes old. */
  #hurry(): void {
    let earlier = false;
    for (const target of this.#known.values()) {
      const dueAt = target.triedAt + SELDOM_MS;
      if (target.bad !== null || target.dueAt === Number.POSITIVE_INFINITY || target.dueAt <= dueAt) continue;
      target.dueAt = dueAt;
      earlier = true;
    }
    if (earlier) this.#sleeper.wake();
  }
}

function keyOf(forward: Forward): string {
  return `${forwardKey(forward)} ${forward.address}:${forward.port}`;
}

/** The failure that a panel sees; null while there is none. */
function reported({ bad, times }: Watched): Watched["bad"] {
  return times >= REPORTED_AFTER ? bad : null;
}

function pauseAfter({ bad, times }: Watched, isWatched: boolean): number {
  if (bad === null) return isWatched ? SELDOM_MS : UNWATCHED_MS;
  const pauses = AGAIN_MS[bad];
  return pauses[Math.min(times, pauses.length) - 1] ?? SELDOM_MS;
}
