import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload, WorkloadId } from "@tailnet-share/contract/workload";
import type { Clock } from "../../host/clock.ts";
import { fullName } from "../../model/names.ts";
import { announcement } from "./announcement.ts";

/** Changes that come sooner after an announcement wait, and are said together. Milliseconds. */
export const BETWEEN_MS = 2_000;
/** A container that is announced more often within a minute keeps changing. It is announced again when it has not changed for a while. */
const MOST_A_MINUTE = 6;
const MINUTE_MS = 60_000;
export const SETTLED_MS = 15_000;

/** Says what changes in the panel's snapshots, for screen readers, no faster than somebody can listen. */
export interface Announcements {
  /** Takes the newest snapshot. */
  take(snapshot: Snapshot): void;
  stop(): void;
}

export function createAnnouncements(clock: Clock, say: (words: string) => void): Announcements {
  return new PacedAnnouncements(clock, say);
}

class PacedAnnouncements implements Announcements {
  readonly #clock: Clock;
  readonly #say: (words: string) => void;
  /** What has been said. */
  #said: Snapshot | null = null;
  #newest: Snapshot | null = null;
  #saidAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;
  /** When each container was announced, within the last minute. */
  readonly #times = new Map<WorkloadId, readonly number[]>();
  /** Containers that keep changing, and when each last did. */
  readonly #restless = new Map<WorkloadId, number>();

  constructor(clock: Clock, say: (words: string) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  take(snapshot: Snapshot): void {
    for (const workload of snapshot.workloads)
      if (this.#restless.has(workload.id) && this.#differs(workload, this.#newest))
        this.#restless.set(workload.id, this.#clock.now());
    this.#newest = snapshot;
    this.#said ??= snapshot;
    this.#look();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #differs(workload: Workload, snapshot: Snapshot | null): boolean {
    const before = snapshot?.workloads.find(({ id }) => id === workload.id);
    return snapshot !== null && announcement(only(snapshot, before), only(snapshot, workload)) !== "";
  }

  #look(): void {
    this.stop();
    const said = this.#said;
    const newest = this.#newest;
    if (said === null || newest === null) return;
    const now = this.#clock.now();
    const waitMs = this.#saidAt + BETWEEN_MS - now;
    if (waitMs > 0) {
      this.#lookIn(waitMs);
      return;
    }
    const settled = this.#settle(now);
    const before = new Map(said.workloads.map((workload) => [workload.id, workload]));
    // A change that is not worth a word, such as 'Starting…', may be the first half of one that is.
    const workloads = newest.workloads.map((workload) => {
      const isHeard =
        settled.has(workload.id) || (!this.#restless.has(workload.id) && this.#differs(workload, said));
      return isHeard ? workload : (before.get(workload.id) ?? workload);
    });
    const words = workloads.flatMap((workload) => {
      if (settled.has(workload.id)) return outcome(newest, workload);
      return this.#tires(workload, said, now) ? `${fullName(workload)} keeps changing.` : [];
    });
    const others = workloads.filter(({ id }) => !settled.has(id) && !this.#restless.has(id));
    const text = [announcement(said, { ...newest, workloads: others }), ...words].join(" ").trim();
    this.#said = { ...newest, workloads };
    if (text !== "") {
      this.#saidAt = now;
      this.#say(text);
    }
    if (this.#restless.size > 0) this.#lookIn(Math.max(BETWEEN_MS, this.#firstSettled() - now));
  }

  /** Returns the containers that have stopped changing, and forgets that they did. */
  #settle(now: number): ReadonlySet<WorkloadId> {
    const ids = [...this.#restless].filter(([, at]) => at + SETTLED_MS <= now).map(([id]) => id);
    for (const id of ids) this.#restless.delete(id);
    return new Set(ids);
  }

  /** Notes that a container is announced. Returns whether that is once too often. */
  #tires(workload: Workload, said: Snapshot, now: number): boolean {
    if (this.#restless.has(workload.id) || !this.#differs(workload, said)) return false;
    const times = [...(this.#times.get(workload.id) ?? []).filter((at) => at + MINUTE_MS > now), now];
    this.#times.set(workload.id, times);
    if (times.length <= MOST_A_MINUTE) return false;
    this.#times.delete(workload.id);
    this.#restless.set(workload.id, now);
    return true;
  }

  #firstSettled(): number {
    return Math.min(...this.#restless.values()) + SETTLED_MS;
  }

  #lookIn(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => this.#look());
  }
}

/** The state of a container that kept changing. */
function outcome(snapshot: Snapshot, workload: Workload): string {
  const off = only(snapshot, { ...workload, share: null });
  const words = announcement(off, only(snapshot, workload));
  return words === "" ? `${fullName(workload)} is not shared.` : words;
}

/** A snapshot with at most this one container. */
function only(snapshot: Snapshot, workload: Workload | undefined): Snapshot {
  return { ...snapshot, workloads: workload === undefined ? [] : [workload] };
}
