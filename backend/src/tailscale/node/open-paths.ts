import type { Logger } from "pino";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/timing.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import { PING_TIMEOUT_MS } from "../localapi/peer-calls.ts";
import { likelyToAnswer, type Peer } from "../localapi/peers.ts";
import type { Notify, Status } from "../localapi/types.ts";

/** Maximum number of devices greeted in one wave. */
const MOST_PEERS = 32;
/** TSMP pings per device in a tailnet with more devices than one wave holds; few of them will ever visit. */
const FEW_TSMP_PINGS = 2;
/** Concurrent greetings. The LocalAPI's client has 16 connections, and the bus and state requests need some of them. */
const AT_ONCE = 8;
/** Together longer than the second that some control servers take to tell a device how to find a peer whose key it knows. */
const DISCO_PINGS = 3;
/** Together shorter than WireGuard's retry. */
const TSMP_PINGS = 10;
/**
 * A device that has just found the node starts a handshake if it has anything to send. When both sides start one at once, each drops
 * its own for the other's. Neither completes, and both wait for five seconds. Milliseconds.
 */
const HEAD_START_MS = 200;
/**
 * tailscaled reports its new key before it uses it: it needs a netmap for that key first. That usually takes a second, and longer when
 * the control server is slow. Milliseconds.
 */
const KEY_TAKES_HOLD_MS = 30_000;
/** Batches session reports, which arrive one by one. Milliseconds. */
const SETTLE_MS = 20;

/**
 * Opens the paths to the other devices when the node comes up and when its key changes. Otherwise each device's first visit, or its
 * first visit with our new key, waits for WireGuard's five-second retry.
 */
export interface PathOpener {
  sees(status: Status | null): void;
  /** Takes a line of the bus. A session that ends soon after a key change used the old key, so its device is greeted again. */
  hears(notify: Notify): void;
  /**
   * Resolves when a greeted device first answers through WireGuard, when no device is online, or after `ms` milliseconds.
   */
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
  /** Resolves at the first answer to the greetings under way. */
  let firstAnswer: Promise<void> = Promise.resolve();
  /** Resolves when `isLarge` is known. */
  let sized: Promise<void> = Promise.resolve();
  let lost = new Set<string>();
  /** The latest wave that greets a device, by the control server's ID. An older wave skips the device from then on. */
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
    // The first line of a bus lists ended sessions, and a large tailnet has thousands of them.
    if (isLarge && !isNewKey) return;
    await open(those);
  }

  /** Runs one wave, to all devices that are online or only to those in `only`. Rejects when tailscaled doesn't answer. */
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
        // Wait the full interval even when tailscaled couldn't send the ping.
        const left = begun + PING_TIMEOUT_MS - clock.monotonic();
        await clock.sleep(Math.min(PING_TIMEOUT_MS, Math.max(0, left)));
      }
      return false;
    };
    // Send disco first: a device that doesn't know this node yet drops the handshake, and its retry is what we want to avoid. When only
    // the key is new, an answer doesn't prove that the device knows the key.
    if (await answers("disco", DISCO_PINGS)) await clock.sleep(HEAD_START_MS);
    // A device that knows our key but not how to find us never answers disco. The handshake reaches it through the relay and tells it how.
    // A device answers TSMP only when it has set up WireGuard for the node; its route follows at once.
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
      await within(firstAnswer, ms, { clock, otherwise: undefined });
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
