import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload, WorkloadId } from "@tailnet-share/contract/workload";
import type { Clock } from "../../host/clock.ts";
import { fullName } from "../../model/names.ts";
import { announcement } from "./announcement.ts";
import { createKeyRenewals } from "./key-renewals.ts";

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
  readonly #renewals = createKeyRenewals();
  /** The node's key was renewed, which has not been said yet. */
  #renewed = false;
  /** When each container was announced, within the last minute. */
  readonly #times = new Map<WorkloadId, readonly number[]>();
  /** Containers that keep changing, and when each last did. */
  readonly #restless = new Map<WorkloadId, number>();

  constructor(clock: Clock, say: (words: string) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  take(snapshot: Snapshot): void {
    const newest = this.#newest;
    for (const id of this.#restless.keys())
      if (newest !== null && changes(newest, find(newest, id), find(snapshot, id)))
        this.#restless.set(id, this.#clock.now());
    this.#newest = snapshot;
    this.#said ??= snapshot;
    if (this.#renewals.take(snapshot.node)) this.#renewed = true;
    this.#look();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
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
    const heard = this.#hear(said, newest, now);
    this.#said = { ...newest, workloads: heard.workloads };
    const words = [this.#renewed ? "Node key renewed." : "", heard.words].join(" ").trim();
    this.#renewed = false;
    if (words !== "") {
      this.#saidAt = now;
      this.#say(words);
    }
    if (this.#restless.size > 0) this.#lookIn(Math.max(BETWEEN_MS, this.#firstSettled() - now));
  }

  /** Returns the words for what has changed, and the containers as they are known to the listener afterwards. */
  #hear(said: Snapshot, newest: Snapshot, now: number): { words: string; workloads: Workload[] } {
    const known = new Map(said.workloads.map((workload) => [workload.id, workload]));
    const settled = this.#settle(now);
    const others: Workload[] = [];
    const ofRestless: string[] = [];
    const workloads = newest.workloads.map((workload) => {
      const before = known.get(workload.id);
      if (settled.has(workload.id)) {
        ofRestless.push(outcome(newest, workload));
        return workload;
      }
      // A change that is not worth a word, such as 'Starting…', may be the first half of one that is.
      if (this.#restless.has(workload.id) || !changes(newest, before, workload)) return before ?? workload;
      if (this.#tires(workload.id, now)) ofRestless.push(`${fullName(workload)} keeps changing.`);
      else others.push(workload);
      return workload;
    });
    const words = [announcement(said, { ...newest, workloads: others }), ...ofRestless].join(" ").trim();
    return { words, workloads };
  }

  /** Returns the containers that have stopped changing, and forgets that they did. */
  #settle(now: number): ReadonlySet<WorkloadId> {
    const ids = [...this.#restless].filter(([, at]) => at + SETTLED_MS <= now).map(([id]) => id);
    for (const id of ids) this.#restless.delete(id);
    return new Set(ids);
  }

  /** Notes that a container is announced. Returns whether that is once too often. */
  #tires(id: WorkloadId, now: number): boolean {
    const times = [...(this.#times.get(id) ?? []).filter((at) => at + MINUTE_MS > now), now];
    this.#times.set(id, times);
    if (times.length <= MOST_A_MINUTE) return false;
    this.#times.delete(id);
    this.#restless.set(id, now);
    return true;
  }

  #firstSettled(): number {
    return Math.min(...this.#restless.values()) + SETTLED_MS;
  }

  #lookIn(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => this.#look());
  }
}

/** Whether a change of one container is worth a word. */
function changes(snapshot: Snapshot, before: Workload | undefined, after: Workload | undefined): boolean {
  // Equal parts of two snapshots are the same objects.
  return before !== after && announcement(only(snapshot, before), only(snapshot, after)) !== "";
}

function find({ workloads }: Snapshot, wanted: WorkloadId): Workload | undefined {
  return workloads.find(({ id }) => id === wanted);
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
