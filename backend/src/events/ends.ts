import type { ContainerFacts } from "../docker/facts.ts";
import { SIGKILL } from "../docker/stop-signal.ts";
import type { Clock } from "../lib/clock.ts";

/**
 * Ends of containers that the engine's events report before its list shows them. An event is a fact: a container that was reported
 * dead is taken for stopped until the list agrees, it is started again, or `BELIEVED_MS` are over.
 */
export interface Ends {
  /** A signal was sent to a container. Whether that asks it to stop. */
  signalled(container: Pick<ContainerFacts, "id" | "stop">, signal: number | null): boolean;
  /** A container's process is gone. `life` is what the list last showed of it. */
  died(id: string, life: string | null): void;
  started(id: string): void;
  /** Whether a container was asked to stop and may still end of it. */
  isStopping(id: string): boolean;
  /** Whether it was killed, so that nothing it does counts any more. */
  isKilled(id: string): boolean;
  /** Gives up the networks of containers that stop, until they have ended or turn out to live on. */
  yieldFor(ids: Iterable<string>): void;
  yielded(): ReadonlySet<string>;
  /** The list with the ends that it does not show yet. A fresh one settles those that it shows. */
  applyTo(list: readonly ContainerFacts[], fresh: boolean): readonly ContainerFacts[];
  /** Milliseconds until the list has to be looked at again; null when nothing is open. */
  dueIn(): number | null;
  /** Another number whenever what is believed has changed. */
  revision(): number;
}

/** How long an end is believed that the list contradicts. Milliseconds. */
export const BELIEVED_MS = 10_000;
/** Beyond its own patience, the engine takes this long to end a container and report it. Milliseconds. */
export const MOMENT_MS = 1_000;
/** The first look for an end that the list did not show yet; later ones wait half as long as it has been missing. Milliseconds. */
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

  /** Those that were asked to stop and live on. */
  function forgetSurvivors(): void {
    const now = clock.now();
    for (const [id, { until }] of stopping) if (until <= now) forgetStop(id);
    for (const [id, { at }] of ended) if (at + BELIEVED_MS <= now && ended.delete(id)) revision += 1;
  }

  /** Whether a row contradicts an end that was reported. Another life began after the one that ended. */
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
      const until = clock.now() + patienceMs + MOMENT_MS;
      stopping.set(id, { until, killed: killed || (stopping.get(id)?.killed ?? false) });
      return true;
    },
    died(id, life) {
      forgetStop(id);
      ended.set(id, { at: clock.now(), life });
      revision += 1;
    },
    started(id) {
      forgetStop(id);
      if (ended.delete(id)) revision += 1;
    },
    isStopping: (id) => (stopping.get(id)?.until ?? 0) > clock.now(),
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
      const now = clock.now();
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
