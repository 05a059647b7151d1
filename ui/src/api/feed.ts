import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { type Clock, pause } from "../host/clock.ts";
import { asProblem, type Problem } from "../host/problem.ts";

/** State of the connection to the backend: the number of consecutive `failures` and the last one. */
export interface Link {
  readonly failures: number;
  readonly problem: Problem | null;
}

export interface Feed {
  /** Polls until `stop`. Does nothing when it polls already. */
  start(): void;
  stop(): void;
  /** Resolves at the next answer, or after `limitMs`. */
  nextAnswer(limitMs: number): Promise<void>;
  /** Polls at once and resets the backoff. */
  retry(): void;
  /** Call this before sending a change, and pass the mark to `accept` with the answer. */
  mark(): number;
  /**
   * Publishes a change's answer and restarts polling from it, so that an older pending poll cannot overwrite it.
   * Revisions are opaque: if another answer was published in the meantime, the newer one is unknown. In that case
   * this polls the backend, and the promise resolves when the backend has answered.
   */
  accept(answer: Snapshot, mark: number): Promise<void>;
}

interface FeedDeps {
  readonly ask: (since: string | null, signal: AbortSignal) => Promise<Snapshot>;
  readonly publish: (snapshot: Snapshot) => void;
  readonly link: (link: Link) => void;
  readonly clock: Clock;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 8_000;
/** Prevents a tight loop when the backend answers without news. */
const NO_NEWS_MS = 1_000;

export function createFeed(deps: FeedDeps): Feed {
  const { publish, link, clock } = deps;
  const latest: Latest = { revision: null };
  const answered = createWaiters(clock);
  let run: AbortController | null = null;
  let accepted = 0;

  function settle(snapshot: Snapshot): void {
    latest.revision = snapshot.revision;
    publish(snapshot);
    link({ failures: 0, problem: null });
    answered.wake();
  }

  function restart(): void {
    run?.abort();
    run = new AbortController();
    void poll(deps, latest, settle, run.signal);
  }

  return {
    start() {
      if (!run) restart();
    },
    stop() {
      run?.abort();
      run = null;
    },
    nextAnswer: answered.next,
    retry: restart,
    mark: () => accepted,
    accept(answer, mark) {
      const alone = mark === accepted;
      accepted += 1;
      if (alone) {
        settle(answer);
        if (run) restart();
        return Promise.resolve();
      }
      latest.revision = null;
      if (!run) return Promise.resolve();
      restart();
      return answered.next(NO_NEWS_MS);
    },
  };
}

/** The newest answer's revision; null when the next poll must return at once. */
interface Latest {
  revision: string | null;
}

async function poll(
  { ask, link, clock }: FeedDeps,
  latest: Latest,
  settle: (snapshot: Snapshot) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const before = latest.revision;
    try {
      const snapshot = await ask(before, signal);
      if (signal.aborted) return;
      failures = 0;
      settle(snapshot);
      if (snapshot.revision === before) await pause(clock, NO_NEWS_MS, signal);
    } catch (reason) {
      if (signal.aborted) return;
      failures += 1;
      link({ failures, problem: asProblem(reason) });
      // A restarted backend may hold a poll for a revision that it never issued. A poll without a revision returns at once.
      latest.revision = null;
      await pause(clock, Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS), signal);
    }
  }
}

function createWaiters(clock: Clock) {
  let waiters: Array<() => void> = [];
  return {
    wake(): void {
      const woken = waiters;
      waiters = [];
      for (const wake of woken) wake();
    },
    next: (limitMs: number): Promise<void> =>
      new Promise((resolve) => {
        const cancel = clock.after(limitMs, resolve);
        waiters.push(() => {
          cancel();
          resolve();
        });
      }),
  };
}
