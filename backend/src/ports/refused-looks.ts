import type { Clock } from "../lib/clock.ts";
import type { Listener } from "./listening.ts";

/** A share of which a port refuses, and its container. */
export interface Refused {
  workload: string;
  containerId: string;
}

/**
 * Looks at what listens in the containers of which a shared port refuses: a program on 127.0.0.1 refuses just as none at all. A few
 * times, since programs start late; the port itself is tried all along.
 */
export interface RefusedLooks {
  /** Those that refuse right now; anything else is forgotten. */
  see(refused: readonly Refused[]): void;
  /** What was seen last, by workload. */
  listeners(): ReadonlyMap<string, readonly Listener[]>;
  run(signal: AbortSignal): Promise<void>;
}

/** When it is looked, after the port has refused. Each look starts a helper. Milliseconds. */
const LOOKS_MS = [0, 3_000, 10_000, 30_000];
/** Until something refuses. Milliseconds. */
const IDLE_MS = 600_000;

export function createRefusedLooks({
  look,
  onChange,
  clock,
}: {
  /** What listens in a workload's container; null when that cannot be told. */
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
  let wake: () => void = () => undefined;

  const dueAt = ({ since, looks }: Watched) => since + (LOOKS_MS[looks] ?? Number.POSITIVE_INFINITY);

  async function lookAt(one: Watched): Promise<void> {
    one.looks += 1;
    const listeners = await look(one.workload).catch(() => null);
    if (listeners === null || JSON.stringify(listeners) === JSON.stringify(one.listeners)) return;
    one.listeners = listeners;
    if (watched.get(one.workload) === one) onChange();
  }

  return {
    see(refused) {
      const now = new Map(refused.map((one) => [one.workload, one]));
      for (const [workload, { containerId }] of watched)
        if (now.get(workload)?.containerId !== containerId) watched.delete(workload);
      for (const [workload, one] of now) {
        if (watched.has(workload)) continue;
        watched.set(workload, { ...one, since: clock.monotonic(), looks: 0, listeners: null });
        wake();
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
        await Promise.all([...watched.values()].filter((one) => dueAt(one) <= clock.monotonic()).map(lookAt));
        const early = new AbortController();
        wake = () => early.abort();
        const next = Math.min(...[...watched.values()].map(dueAt), clock.monotonic() + IDLE_MS);
        const ms = Math.max(0, next - clock.monotonic());
        await clock.sleep(ms, AbortSignal.any([signal, early.signal])).catch(() => undefined);
        wake = () => undefined;
      }
    },
  };
}
