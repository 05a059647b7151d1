import type { Clock } from "../lib/clock.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { SIGKILL } from "../workloads/stop-signal.ts";

/**
 * Tracks container ends that events report before the engine's list shows them. Events win: a container reported dead counts as
 * stopped until the list agrees, the container starts again, or `BELIEVED_MS` pass.
 */
export interface Ends {
  /** Records a signal sent to a container. Returns whether it asks the container to stop. */
  signalled(container: Pick<ContainerFacts, "id" | "stop">, signal: number | null): boolean;
  /** Records that a container's process exited. `life` is from the last list. */
  died(id: string, life: string | null): void;
  started(id: string): void;
  /** Whether a container was asked to stop and may still exit. */
  isStopping(id: string): boolean;
  /** Whether it was killed, so its open connections no longer matter. */
  isKilled(id: string): boolean;
  /** Gives up the networks of stopping containers until they exit or survive their stop timeout. */
  yieldFor(ids: Iterable<string>): void;
  yielded(): ReadonlySet<string>;
  /** Applies the ends that the list lacks. A fresh list settles the ends that it shows. */
  applyTo(list: readonly ContainerFacts[], fresh: boolean): readonly ContainerFacts[];
  /** Milliseconds until the list is due again; null when nothing is pending. */
  dueIn(): number | null;
  /** A number that changes whenever the believed ends change. */
  revision(): number;
}

/** How long an end is trusted against the list. Milliseconds. */
export const BELIEVED_MS = 10_000;
/** The engine's extra time, after the stop timeout, to end a container and report it. Milliseconds. */
export const MOMENT_MS = 1_000;
/** Delay before the first check for a missing end; later checks wait half as long as the end has been missing. Milliseconds. */
const FIRST_LOOK_MS = 100;

interface Stopping {
  readonly until: number;
  readonly killed: boolean;
}

interface Ended {
  readonly at: number;
  readonly life: string | null;
}

export function createEnds(clock: Clock): Ends {
  const stopping = new Map<string, Stopping>();
  const ended = new Map<string, Ended>();
  const yielding = new Set<string>();
  let revision = 0;

  function forgetStop(id: string): void {
    stopping.delete(id);
    if (yielding.delete(id)) revision += 1;
  }

  /** Containers that survived a stop request. */
  function forgetSurvivors(): void {
    const now = clock.monotonic();
    for (const [id, { until }] of stopping) if (until <= now) forgetStop(id);
    for (const [id, { at }] of ended) if (at + BELIEVED_MS <= now && ended.delete(id)) revision += 1;
  }

  /** Whether a row contradicts a reported end. A row with another `life` is a newer start. */
  function contradicts({ id, run, life }: ContainerFacts): boolean {
    const end = ended.get(id);
    if (end === undefined || (run !== "running" && run !== "paused")) return false;
    return life === null || end.life === null || life === end.life;
  }

  return {
    signalled({ id, stop }, signal) {
      const killed = signal === SIGKILL;
      if (!killed && signal !== stop.signal) return false;
      const patienceMs = killed ? 0 : stop.patienceMs;
      const until = clock.monotonic() + patienceMs + MOMENT_MS;
      stopping.set(id, { until, killed: killed || (stopping.get(id)?.killed ?? false) });
      return true;
    },
    died(id, life) {
      forgetStop(id);
      ended.set(id, { at: clock.monotonic(), life });
      revision += 1;
    },
    started(id) {
      forgetStop(id);
      if (ended.delete(id)) revision += 1;
    },
    isStopping: (id) => (stopping.get(id)?.until ?? 0) > clock.monotonic(),
    isKilled: (id) => stopping.get(id)?.killed ?? false,
    yieldFor(ids) {
      for (const id of ids) {
        if (yielding.has(id) || !stopping.has(id)) continue;
        yielding.add(id);
        revision += 1;
      }
    },
    yielded() {
      forgetSurvivors();
      return new Set(yielding);
    },
    applyTo(list, fresh) {
      forgetSurvivors();
      const applied = list.map((one) => (contradicts(one) ? { ...one, run: "stopped" as const } : one));
      if (!fresh) return applied;
      const open = new Set(list.filter(contradicts).map(({ id }) => id));
      for (const id of ended.keys()) if (!open.has(id)) ended.delete(id);
      const ids = new Set(list.map(({ id }) => id));
      for (const id of stopping.keys()) if (!ids.has(id)) forgetStop(id);
      return applied;
    },
    dueIn() {
      const now = clock.monotonic();
      const looks = [...ended.values()].map(({ at }) =>
        Math.min(Math.max(FIRST_LOOK_MS, (now - at) / 2), Math.max(0, at + BELIEVED_MS - now)),
      );
      const waits = [...yielding].map((id) => Math.max(0, (stopping.get(id)?.until ?? now) - now));
      const due = [...looks, ...waits];
      return due.length === 0 ? null : Math.min(...due);
    },
    revision: () => revision,
  };
}
