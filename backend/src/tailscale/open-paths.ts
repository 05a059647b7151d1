import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import { inTime } from "../lib/in-time.ts";
import { type LocalApi, PING_TIMEOUT_MS } from "./localapi.ts";
import { likelyToAnswer, type Peer } from "./peers.ts";
import type { Notify, Status } from "./types.ts";

/** Devices that are greeted in one wave. */
const MOST_PEERS = 32;
/** In a tailnet with more devices than one wave has, of which few will ever visit. */
const FEW_TSMP_PINGS = 2;
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
  /** Resolves when a device that is greeted has answered by WireGuard for the first time, when none is there to answer, or after `ms` milliseconds. */
  answered(ms: number): Promise<void>;
}

export function createPathOpener(
  localApi: Pick<LocalApi, "peers" | "ping">,
  clock: Clock,
  log: Logger,
): PathOpener {
  let isRunning = false;
  let ownKey = "";
  let changedAt = Number.NEGATIVE_INFINITY;
  /** Whether the tailnet has more devices online than one wave greets. */
  let isLarge = false;
  let isNewKey = false;
  /** Resolves at the first answer to the greetings that are under way. */
  let firstAnswer: Promise<void> = Promise.resolve();
  /** Resolves when `isLarge` is known. */
  let sized: Promise<void> = Promise.resolve();
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
    await sized;
    const those = lost;
    lost = new Set();
    // A bus's first line lists sessions that are over, which are thousands in a large tailnet.
    if (isLarge && !isNewKey) return;
    await open(those);
  }

  /** One wave, to all devices that are online or to `only` those. Rejects where tailscaled does not answer. */
  async function open(only: ReadonlySet<string> | null, onAnswer = (): void => undefined): Promise<void> {
    const wave = {};
    const listed = localApi.peers();
    if (only === null)
      sized = listed.then(
        (all) => {
          isLarge = likelyToAnswer(all, MOST_PEERS + 1).length > MOST_PEERS;
        },
        () => undefined,
      );
    const wanted = (await listed).filter(({ id }) => only === null || only.has(id));
    const peers = likelyToAnswer(wanted, MOST_PEERS);
    const handshakes = isLarge ? FEW_TSMP_PINGS : TSMP_PINGS;
    for (const { id } of peers) waves.set(id, wave);
    const waiting = peers.values();
    const inTurn = async () => {
      for (const peer of waiting) await greet(peer, handshakes, () => waves.get(peer.id) === wave, onAnswer);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
    for (const { id } of peers) if (waves.get(id) === wave) waves.delete(id);
  }

  async function greet(
    { addresses: [address = ""] }: Peer,
    handshakes: number,
    isCurrent: () => boolean,
    onAnswer: () => void,
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
    // A device answers this one only when it has set up WireGuard for the node, and then its route follows at once.
    if (await answers("TSMP", handshakes)) onAnswer();
  }

  return {
    sees(status) {
      const wasRunning = isRunning;
      isRunning = status?.BackendState === "Running";
      if (!isRunning) return;
      const key = status?.Self?.PublicKey ?? "";
      if (wasRunning && key === ownKey) return;
      ownKey = key;
      isNewKey = wasRunning;
      changedAt = clock.monotonic();
      firstAnswer = new Promise((resolve) => inBackground(open(null, resolve).finally(resolve)));
    },
    async answered(ms) {
      await inTime(firstAnswer, ms, clock);
    },
    hears({ PeerState }) {
      const since = clock.monotonic() - changedAt;
      if (since < 0 || since > KEY_TAKES_HOLD_MS) return;
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
