import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import { type LocalApi, PING_TIMEOUT_MS } from "./localapi.ts";
import { likelyToAnswer, type Peer } from "./peers.ts";
import type { Notify, Status } from "./types.ts";

/** Devices that are greeted in one wave. */
const MOST_PEERS = 32;
/** Pings of one wave. A device that answers takes two; the more devices there are, the fewer tries each silent one gets. */
const MOST_PINGS = 160;
/** And at once: the LocalAPI's client has 16 connections, of which the bus and whoever looks at the state need some. */
const AT_ONCE = 8;
/** Together more than the second that some control servers take to tell a device how to find one of whose key it knows. */
const DISCO_PINGS = 3;
/** Together less than WireGuard's retry. */
const TSMP_PINGS = 10;
/**
 * A device that has just found the node begins a handshake by itself if it has anything to say. Of two that begin at once each
 * gives up its own for the other's: neither comes about, and both wait for five seconds. Milliseconds.
 */
const HEAD_START_MS = 200;
/**
 * tailscaled shows a new key of its own before it uses it: it has to be told of the tailnet by that first. That takes a second as a
 * rule, and more where the control server is slow. Milliseconds.
 */
const KEY_TAKES_HOLD_MS = 30_000;
/** Sessions are told of one by one. Milliseconds. */
const SETTLE_MS = 20;

/**
 * Opens the ways to the other devices when the node comes up and when its key changes. Otherwise each device's first visit, or its
 * first with a new key of ours, waits for WireGuard's five-second retry.
 */
export interface PathOpener {
  sees(status: Status | null): void;
  /** A line of the bus. A session that ends soon after the node's key changed used the old key, so its device is greeted again. */
  hears(notify: Notify): void;
}

export function createPathOpener(
  localApi: Pick<LocalApi, "peers" | "ping">,
  clock: Clock,
  log: Logger,
): PathOpener {
  let isRunning = false;
  let ownKey = "";
  let changedAt = Number.NEGATIVE_INFINITY;
  let lost = new Set<string>();
  /** The wave that greets a device, by the control server's names. An older one leaves it alone from then on. */
  const waves = new Map<string, object>();

  function inBackground(work: Promise<void>): void {
    work.catch((err: unknown) =>
      log.debug({ event: "node.paths-unopened", err }, "the other devices could not be pinged"),
    );
  }

  async function openLost(): Promise<void> {
    await clock.sleep(SETTLE_MS);
    const those = lost;
    lost = new Set();
    await open(those);
  }

  /** One wave, to all devices that are online or to `only` those. Rejects where tailscaled does not answer. */
  async function open(only: ReadonlySet<string> | null): Promise<void> {
    const wave = {};
    const wanted = (await localApi.peers()).filter(({ id }) => only === null || only.has(id));
    const peers = likelyToAnswer(wanted, MOST_PEERS);
    const handshakes = Math.min(TSMP_PINGS, Math.floor(MOST_PINGS / peers.length) - DISCO_PINGS);
    for (const { id } of peers) waves.set(id, wave);
    const waiting = peers.values();
    const inTurn = async () => {
      for (const peer of waiting) await greet(peer, handshakes, () => waves.get(peer.id) === wave);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
    for (const { id } of peers) if (waves.get(id) === wave) waves.delete(id);
  }

  async function greet(
    { addresses: [address = ""] }: Peer,
    handshakes: number,
    isCurrent: () => boolean,
  ): Promise<void> {
    const answers = async (type: "disco" | "TSMP", pings: number): Promise<boolean> => {
      for (let tried = 0; tried < pings && isCurrent(); tried += 1) {
        const begun = clock.monotonic();
        if ((await localApi.ping(address, type)) !== null) return true;
        // One that could not be sent at all is not tried again sooner than one that is not answered.
        const left = begun + PING_TIMEOUT_MS - clock.monotonic();
        await clock.sleep(Math.min(PING_TIMEOUT_MS, Math.max(0, left)));
      }
      return false;
    };
    // First disco: a device that does not know this node yet drops the handshake, and the retry is what we want to avoid. When only the
    // key is new an answer does not prove that the device knows it.
    if (await answers("disco", DISCO_PINGS)) await clock.sleep(HEAD_START_MS);
    // One that was told our key but not how to find us answers no disco ever: the handshake reaches it by the relay, and says how.
    await answers("TSMP", handshakes);
  }

  return {
    sees(status) {
      const wasRunning = isRunning;
      isRunning = status?.BackendState === "Running";
      if (!isRunning) return;
      const key = status?.Self?.PublicKey ?? "";
      if (wasRunning && key === ownKey) return;
      ownKey = key;
      // A bus's first line lists sessions that are over; only a new key makes them matter.
      changedAt = wasRunning ? clock.monotonic() : Number.NEGATIVE_INFINITY;
      inBackground(open(null));
    },
    hears({ PeerState }) {
      const since = clock.monotonic() - changedAt;
      if (since > KEY_TAKES_HOLD_MS) return;
      const isFirst = lost.size === 0;
      for (const [id, { PeerWireGuardState: state }] of Object.entries(PeerState ?? {})) {
        if (state !== "expired" && state !== "none") continue;
        lost.add(id);
        waves.delete(id);
      }
      if (isFirst && lost.size > 0) inBackground(openLost());
    },
  };
}
