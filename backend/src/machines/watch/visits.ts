import type { Traffic, Visitor } from "@tailnet-share/contract/share";
import type { Clock } from "../../lib/clock.ts";
import { limited } from "../../lib/timing.ts";
import type { Peer } from "../../tailscale/localapi/peers.ts";
import type { Notify } from "../../tailscale/localapi/types.ts";
import { createSessions } from "./sessions.ts";

/** A machine's clients and their traffic: bytes since its share was switched on or the backend started, whichever came later. */
export interface Visits {
  readonly traffic: Traffic;
  readonly visitors: readonly Visitor[];
}

/** Counts of one tailscaled's peers, by their names at the control server. */
type Counts = ReadonlyMap<string, { received: number; sent: number; heard: number }>;

/**
 * Traffic below this is no visit. A handshake and a few pings take about 400, the smallest HTTP request after a handshake about 700.
 * Bytes.
 */
const SMALL_TALK = 512;

/**
 * Counts traffic since the last look. With `counts` null, the first look's figures are the baseline. `own` devices are no clients: they
 * only ping. Pure.
 */
export function countVisits(
  { traffic }: Visits,
  counts: Counts | null,
  peers: readonly Peer[],
  own: ReadonlySet<string>,
): { visits: Visits; counts: Counts } {
  let { received, sent } = traffic;
  const visitors: Visitor[] = [];
  const next = new Map<string, { received: number; sent: number; heard: number }>();
  for (const peer of peers) {
    if (own.has(peer.id)) continue;
    const before = counts?.get(peer.id);
    const came = counts === null ? 0 : since(before?.received, peer.received);
    received += came;
    sent += counts === null ? 0 : since(before?.sent, peer.sent);
    const heard = peer.active ? (before?.heard ?? 0) + came : 0;
    next.set(peer.id, { received: peer.received, sent: peer.sent, heard });
    if (heard >= SMALL_TALK) visitors.push({ device: peer.name, user: peer.user, path: peer.path });
  }
  visitors.sort((a, b) => (a.device < b.device ? -1 : 1));
  return { visits: { traffic: { received, sent }, visitors }, counts: next };
}

/** A counter that went back was reset. */
function since(before = 0, now: number): number {
  return now >= before ? now - before : now;
}

/** Counts the bytes that machines' clients send. Costs nothing without visits: tailscaled reports when a session begins and ends. */
export interface VisitCounter {
  /** Takes a notification from the bus of a machine's tailscaled. */
  hear(key: string, notify: Notify): void;
  /**
   * Looks at the machines that may have clients, except for those that it looked at a moment ago. Never rejects. `adopted`: they were
   * running before this backend started. Forgets machines that are not named, with their counts.
   */
  look(machines: readonly Counted[], own: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
  /** By key. */
  visits(): ReadonlyMap<string, Visits>;
  /** Keys of the machines with which a device that isn't our own has a session now. */
  visited(): ReadonlySet<string>;
}

export interface Counted {
  key: string;
  /** Null while none runs; the machine's share still exists. */
  containerId: string | null;
  adopted: boolean;
  /** Whether its tailscaled is known to report sessions. */
  reportsSessions: boolean;
}

interface Memory {
  containerId: string | null;
  counts: Counts | null;
  visits: Visits;
  lookedAt: number;
}

/** Interval while a panel is open: activity should show, but not instantly. Milliseconds. */
const BETWEEN_LOOKS_MS = 5_000;
/**
 * Interval while no panel is open. tailscaled keeps the sums and forgets a device's bytes minutes after its session ended, so the end of a
 * session also triggers a count. Milliseconds.
 */
const UNWATCHED_MS = 600_000;
/** Minimum interval between two rounds of looks, as a multiple of a round's duration, which grows with the tailnet. */
const ROUNDS_APART = 20;
/** How long a pass of the loop waits for a machine. Milliseconds. */
const LOOK_MS = 500;

const NOBODY: Visits = { traffic: { received: 0, sent: 0 }, visitors: [] };

/** `watched`: whether a panel shows the counts. `onVisit`: called when a device that isn't our own opens a session. */
export function createVisitCounter(
  peersOf: (key: string, signal: AbortSignal) => Promise<readonly Peer[]>,
  watched: () => boolean,
  clock: Clock,
  onVisit: (key: string) => void = () => undefined,
): VisitCounter {
  const visits = new MachineVisits({ peersOf, watched, clock, onVisit });
  return {
    hear: (key, notify) => visits.hear(key, notify),
    look: async (machines, own, signal) => await visits.look(machines, own, signal),
    visits: () => visits.visits(),
    visited: () => visits.visited(),
  };
}

interface VisitDependencies {
  peersOf: (key: string, signal: AbortSignal) => Promise<readonly Peer[]>;
  watched: () => boolean;
  clock: Clock;
  onVisit: (key: string) => void;
}

class MachineVisits {
  readonly #dependencies: VisitDependencies;
  readonly #known = new Map<string, Memory>();
  readonly #sessions = createSessions();
  #ownDevices: ReadonlySet<string> = new Set();
  /** When the next round may begin, by the monotonic clock. */
  #roundDue = 0;

  constructor(dependencies: VisitDependencies) {
    this.#dependencies = dependencies;
  }

  hear(key: string, notify: Notify): void {
    for (const id of this.#sessions.hear(key, notify)) {
      if (!this.#ownDevices.has(id)) this.#dependencies.onVisit(key);
    }
  }

  async look(machines: readonly Counted[], own: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#dependencies;
    this.#ownDevices = own;
    this.#keepOnly(new Set(machines.map(({ key }) => key)));
    const began = clock.monotonic();
    const mayLook = began >= this.#roundDue;
    await Promise.all(machines.map(async (machine) => await this.#lookAt(machine, mayLook, signal)));
    if (mayLook) this.#roundDue = began + ROUNDS_APART * (clock.monotonic() - began);
  }

  visits(): ReadonlyMap<string, Visits> {
    return new Map([...this.#known].map(([key, { visits }]) => [key, visits]));
  }

  visited(): ReadonlySet<string> {
    const isVisitor = (id: string) => !this.#ownDevices.has(id);
    return new Set(
      [...this.#known.keys()].filter((key) => [...(this.#sessions.open(key) ?? [])].some(isVisitor)),
    );
  }

  async #lookAt(machine: Counted, mayLook: boolean, signal: AbortSignal): Promise<void> {
    const { peersOf, clock } = this.#dependencies;
    const { key, containerId } = machine;
    const own = this.#ownDevices;
    const memory = this.#memoryOf(machine);
    if (containerId === null) {
      memory.visits = { ...memory.visits, visitors: [] };
      return;
    }
    if (!mayLook || !this.#isDue(machine, memory)) return;
    this.#sessions.forgetEnded(key);
    memory.lookedAt = clock.monotonic();
    const ask = async (until: AbortSignal) => await peersOf(key, until);
    const peers = await limited(ask, LOOK_MS, { clock, signal }).catch(() => null);
    if (peers !== null) Object.assign(memory, countVisits(memory.visits, memory.counts, peers, own));
  }

  /** Another container of the same machine begins to count at zero, and adds to the same sums. */
  #memoryOf({ key, containerId, adopted }: Counted): Memory {
    const known = this.#known.get(key);
    if (known !== undefined && (containerId === null || known.containerId === containerId)) return known;
    const memory: Memory = {
      containerId,
      counts: adopted ? null : new Map(),
      visits: { traffic: known?.visits.traffic ?? NOBODY.traffic, visitors: [] },
      lookedAt: Number.NEGATIVE_INFINITY,
    };
    this.#known.set(key, memory);
    return memory;
  }

  #isDue({ key, reportsSessions }: Counted, { counts, visits, lookedAt }: Memory): boolean {
    const { watched, clock } = this.#dependencies;
    const open = this.#sessions.open(key);
    const isVisitor = (id: string) => !this.#ownDevices.has(id);
    const hasEnded = [...this.#sessions.ended(key)].some(isVisitor);
    const pause = watched() || hasEnded ? BETWEEN_LOOKS_MS : UNWATCHED_MS;
    if (clock.monotonic() - lookedAt < pause) return false;
    if (counts === null || hasEnded) return true;
    // Keep looking at a client that has left until it counts as gone.
    return visits.visitors.length > 0 || (open === undefined ? !reportsSessions : [...open].some(isVisitor));
  }

  #keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    this.#sessions.keepOnly(keys);
  }
}
