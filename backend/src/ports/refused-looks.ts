import type { Clock } from "../lib/clock.ts";
import { createSleeper } from "../lib/timing.ts";
import type { Listener } from "./listening.ts";

/** A share with a refusing port, and its container. */
export interface Refused {
  workload: string;
  containerId: string;
  /** The container has just started. */
  young: boolean;
}

/**
 * Looks for listeners in containers whose shared port refuses: a program on 127.0.0.1 and a missing program refuse alike. It looks a
 * few times, because programs start late. Probes of the port itself continue.
 */
export interface RefusedLooks {
  /** Sets the workloads that refuse now and forgets all others. */
  see(refused: readonly Refused[]): void;
  /** Listeners at the last look, by workload. */
  listeners(): ReadonlyMap<string, readonly Listener[]>;
  run(signal: AbortSignal): Promise<void>;
}

/** Delays of the looks after a port refuses. Each look starts a helper container. Milliseconds. */
const LOOKS_MS = [0, 3_000, 10_000, 30_000];
/** Delay of the first look into a container that has just started: most programs listen by then, and need no helper. Milliseconds. */
const YOUNG_MS = 3_000;
/** Sleep while nothing refuses. Milliseconds. */
const IDLE_MS = 600_000;

export function createRefusedLooks({
  look,
  onChange,
  clock,
}: {
  /** Listeners in a workload's container; null when the look fails. */
  look: (workload: string) => Promise<readonly Listener[] | null>;
  onChange: () => void;
  clock: Clock;
}): RefusedLooks {
  interface Watched extends Refused {
    since: number;
    looks: number;
    listeners: readonly Listener[] | null;
  }
  const watched = new Map<string, Watched>();
  const sleeper = createSleeper(clock);

  const dueAt = ({ since, looks }: Watched) => since + (LOOKS_MS[looks] ?? Number.POSITIVE_INFINITY);

  async function lookAt(entry: Watched): Promise<void> {
    entry.looks += 1;
    const listeners = await look(entry.workload).catch(() => null);
    if (listeners === null || JSON.stringify(listeners) === JSON.stringify(entry.listeners)) return;
    entry.listeners = listeners;
    if (watched.get(entry.workload) === entry) onChange();
  }

  return {
    see(refused) {
      const now = new Map(refused.map((entry) => [entry.workload, entry]));
      for (const [workload, { containerId }] of watched)
        if (now.get(workload)?.containerId !== containerId) watched.delete(workload);
      for (const [workload, entry] of now) {
        if (watched.has(workload)) continue;
        const since = clock.monotonic() + (entry.young ? YOUNG_MS : 0);
        watched.set(workload, { ...entry, since, looks: 0, listeners: null });
        sleeper.wake();
      }
    },

    listeners: () =>
      new Map(
        [...watched].flatMap(([workload, { listeners }]) =>
          listeners === null ? [] : [[workload, listeners]],
        ),
      ),

    async run(signal) {
      while (!signal.aborted) {
        await Promise.all(
          [...watched.values()].filter((entry) => dueAt(entry) <= clock.monotonic()).map(lookAt),
        );
        const next = Math.min(...[...watched.values()].map(dueAt), clock.monotonic() + IDLE_MS);
        await sleeper.sleep(next - clock.monotonic(), signal);
      }
    },
  };
}
