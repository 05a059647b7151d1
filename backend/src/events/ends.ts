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
  /** Returns whether a container was asked to stop and may still exit. */
  isStopping(id: string): boolean;
  /** Returns whether it was killed, so its open connections no longer matter. */
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
  return new TrackedEnds(clock);
}

class TrackedEnds implements Ends {
  readonly #clock: Clock;
  readonly #stopping = new Map<string, Stopping>();
  readonly #ended = new Map<string, Ended>();
  readonly #yielding = new Set<string>();
  #revision = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  signalled({ id, stop }: Pick<ContainerFacts, "id" | "stop">, signal: number | null): boolean {
    const killed = signal === SIGKILL;
    if (!killed && signal !== stop.signal) return false;
    const patienceMs = killed ? 0 : stop.patienceMs;
    const until = this.#clock.monotonic() + patienceMs + MOMENT_MS;
    this.#stopping.set(id, { until, killed: killed || this.isKilled(id) });
    return true;
  }

  died(id: string, life: string | null): void {
    this.#forgetStop(id);
    this.#ended.set(id, { at: this.#clock.monotonic(), life });
    this.#revision += 1;
  }

  started(id: string): void {
    this.#forgetStop(id);
    if (this.#ended.delete(id)) this.#revision += 1;
  }

  isStopping(id: string): boolean {
    return (this.#stopping.get(id)?.until ?? 0) > this.#clock.monotonic();
  }

  isKilled(id: string): boolean {
    return this.#stopping.get(id)?.killed ?? false;
  }

  yieldFor(ids: Iterable<string>): void {
    for (const id of ids) {
      if (this.#yielding.has(id) || !this.#stopping.has(id)) continue;
      this.#yielding.add(id);
      this.#revision += 1;
    }
  }

  yielded(): ReadonlySet<string> {
    this.#forgetOverdue();
    return new Set(this.#yielding);
  }

  applyTo(list: readonly ContainerFacts[], fresh: boolean): readonly ContainerFacts[] {
    this.#forgetOverdue();
    const missed = new Set(list.filter((row) => this.#contradicts(row)));
    const applied = list.map((row) => (missed.has(row) ? { ...row, run: "stopped" as const } : row));
    if (fresh) this.#settle(list, missed);
    return applied;
  }

  dueIn(): number | null {
    const now = this.#clock.monotonic();
    const looks = [...this.#ended.values()].map(({ at }) =>
      Math.min(Math.max(FIRST_LOOK_MS, (now - at) / 2), Math.max(0, at + BELIEVED_MS - now)),
    );
    const waits = [...this.#yielding].map((id) => Math.max(0, (this.#stopping.get(id)?.until ?? now) - now));
    const due = [...looks, ...waits];
    return due.length === 0 ? null : Math.min(...due);
  }

  revision(): number {
    return this.#revision;
  }

  #forgetStop(id: string): void {
    this.#stopping.delete(id);
    if (this.#yielding.delete(id)) this.#revision += 1;
  }

  /** Forgets stop requests that their containers survived, and ends that the list has not shown in time. */
  #forgetOverdue(): void {
    const now = this.#clock.monotonic();
    for (const [id, { until }] of this.#stopping) if (until <= now) this.#forgetStop(id);
    for (const [id, { at }] of this.#ended)
      if (at + BELIEVED_MS <= now && this.#ended.delete(id)) this.#revision += 1;
  }

  /** Whether a row contradicts a reported end. A row with another `life` is a newer start. */
  #contradicts({ id, run, life }: ContainerFacts): boolean {
    const end = this.#ended.get(id);
    if (end === undefined || (run !== "running" && run !== "paused")) return false;
    return life === null || end.life === null || life === end.life;
  }

  /** Forgets the ends that a fresh list shows, and stop requests to containers that it lacks. `missed`: rows that lack their end. */
  #settle(list: readonly ContainerFacts[], missed: ReadonlySet<ContainerFacts>): void {
    const open = new Set([...missed].map(({ id }) => id));
    for (const id of this.#ended.keys()) if (!open.has(id)) this.#ended.delete(id);
    const ids = new Set(list.map(({ id }) => id));
    for (const id of this.#stopping.keys()) if (!ids.has(id)) this.#forgetStop(id);
  }
}
