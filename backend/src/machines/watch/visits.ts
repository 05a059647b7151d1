import type { Traffic, Visitor } from "@tailnet-share/contract/share";
import type { Clock } from "../../lib/clock.ts";
import { limited } from "../../lib/timing.ts";
import type { Peer } from "../../tailscale/localapi/peers.ts";
import type { Notify } from "../../tailscale/localapi/types.ts";

/** A machine's visitors and their traffic: bytes since its share was switched on or the backend started, whichever came later. */
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
 * Counts traffic since the last look. With `counts` null, the first look's figures are the baseline. `own` devices are no visitors: they
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

/** Counts the bytes that machines' visitors send. Costs nothing without visits: tailscaled reports when a session begins and ends. */
export interface VisitCounter {
  /** Takes a notification from the bus of a machine's tailscaled. */
  hear(key: string, notify: Notify): void;
  /**
   * Looks at the machines that may have visitors, except for those that it looked at a moment ago. Never rejects. `adopted`: they were
   * running before this backend started. Forgets machines that are not named, with their counts.
   */
  look(machines: readonly Counted[], own: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
  /** By key. */
  visits(): ReadonlyMap<string, Visits>;
}

export interface Counted {
  key: string;
  /** Null while none runs; the machine's share still exists. */
  containerId: string | null;
  adopted: boolean;
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
  const known = new Map<string, Memory>();
  /** Devices with a session, by a machine's key. No entry before tailscaled reports sessions: older versions never do. */
  const sessions = new Map<string, Set<string>>();
  /** Devices whose session has ended since the last look, by a machine's key. */
  const ended = new Map<string, Set<string>>();
  let ownDevices: ReadonlySet<string> = new Set();
  /** When the next round may begin, by the monotonic clock. */
  let roundDue = 0;

  function memoryOf({ key, containerId, adopted }: Counted): Memory {
    const there = known.get(key);
    if (there !== undefined && (containerId === null || there.containerId === containerId)) return there;
    const anew: Memory = {
      containerId,
      counts: adopted ? null : new Map(),
      visits: { traffic: there?.visits.traffic ?? NOBODY.traffic, visitors: [] },
      lookedAt: Number.NEGATIVE_INFINITY,
    };
    known.set(key, anew);
    return anew;
  }

  function isDue(key: string, { counts, visits, lookedAt }: Memory, own: ReadonlySet<string>): boolean {
    const open = sessions.get(key);
    const isVisitor = (id: string) => !own.has(id);
    const hasEnded = [...(ended.get(key) ?? [])].some(isVisitor);
    const pause = watched() || hasEnded ? BETWEEN_LOOKS_MS : UNWATCHED_MS;
    if (clock.monotonic() - lookedAt < pause) return false;
    if (open === undefined || counts === null || hasEnded) return true;
    // Keep looking at a visitor that has left until it counts as gone.
    return visits.visitors.length > 0 || [...open].some(isVisitor);
  }

  return {
    hear(key, { SessionID, PeerState }) {
      // A new bus reports all current sessions, and stays silent if there are none.
      if (SessionID != null) sessions.delete(key);
      if (PeerState == null) return;
      const open = sessions.get(key) ?? new Set();
      sessions.set(key, open);
      for (const [id, { PeerWireGuardState: state }] of Object.entries(PeerState)) {
        if (state === "established") {
          if (!open.has(id) && !ownDevices.has(id)) onVisit(key);
          open.add(id);
        } else if (open.delete(id)) ended.set(key, new Set(ended.get(key)).add(id));
      }
    },

    async look(machines, own, signal) {
      ownDevices = own;
      const named = new Set(machines.map(({ key }) => key));
      for (const key of known.keys()) if (!named.has(key)) known.delete(key);
      for (const key of sessions.keys()) if (!named.has(key)) sessions.delete(key);
      for (const key of ended.keys()) if (!named.has(key)) ended.delete(key);
      const began = clock.monotonic();
      const mayLook = began >= roundDue;
      await Promise.all(
        machines.map(async (machine) => {
          const memory = memoryOf(machine);
          if (machine.containerId === null) {
            memory.visits = { ...memory.visits, visitors: [] };
            return;
          }
          if (!mayLook || !isDue(machine.key, memory, own)) return;
          ended.delete(machine.key);
          memory.lookedAt = clock.monotonic();
          const ask = async (until: AbortSignal) => await peersOf(machine.key, until);
          const peers = await limited(ask, LOOK_MS, { clock, signal }).catch(() => null);
          if (peers !== null) Object.assign(memory, countVisits(memory.visits, memory.counts, peers, own));
        }),
      );
      if (mayLook) roundDue = began + ROUNDS_APART * (clock.monotonic() - began);
    },

    visits: () => new Map([...known].map(([key, { visits }]) => [key, visits])),
  };
}
