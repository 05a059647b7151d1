import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import type { LocalApi } from "./localapi.ts";
import type { Notify, Status } from "./types.ts";

/** Devices that are pinged at once. */
const MOST_PEERS = 32;
/** A control server tells of a new key up to a second before the other device can be found by it. */
const DISCO_PINGS = 3;
const TSMP_PINGS = 10;
/**
 * A device that has just found the node begins a handshake by itself if it has anything to say. Two that begin at once take each
 * other's for their own's end: neither comes about, and both wait for five seconds. Milliseconds.
 */
const HEAD_START_MS = 200;
/** What a ping waits for its answer; one that could not be sent at all is not tried again sooner. Milliseconds. */
const PING_MS = 400;
/** tailscaled shows a new key of its own before it uses it: it has to be told of the tailnet by that first. Milliseconds. */
const KEY_TAKES_HOLD_MS = 30_000;
/** Sessions are told of one by one. Milliseconds. */
const SETTLE_MS = 20;

/**
 * Opens the ways to the other devices when the node comes up and when its key changes. Otherwise each device's first visit, or its
 * first with a new key of ours, waits for WireGuard's five-second retry.
 */
export interface PathOpener {
  sees(status: Status | null): void;
  /** A line of the bus. Sessions that are lost soon after a key changed are those that were made with the old one. */
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

  function openSoon(after: Promise<void>, only: () => ReadonlySet<string> | null): void {
    after
      .then(async () => await openPaths(localApi, clock, only()))
      .catch((err: unknown) =>
        log.debug({ event: "node.paths-unopened", err }, "the other devices could not be pinged"),
      );
  }

  return {
    sees(status) {
      const wasRunning = isRunning;
      isRunning = status?.BackendState === "Running";
      if (!isRunning) return;
      const key = status?.Self?.PublicKey ?? "";
      if (wasRunning && key === ownKey) return;
      ownKey = key;
      changedAt = clock.now();
      openSoon(Promise.resolve(), () => null);
    },
    hears({ PeerState }) {
      if (clock.now() - changedAt > KEY_TAKES_HOLD_MS) return;
      const isFirst = lost.size === 0;
      for (const [id, { PeerWireGuardState: state }] of Object.entries(PeerState ?? {}))
        if (state === "expired" || state === "none") lost.add(id);
      if (!isFirst || lost.size === 0) return;
      openSoon(clock.sleep(SETTLE_MS), () => {
        const those = lost;
        lost = new Set();
        return those;
      });
    },
  };
}

/** Pings the devices that are online, or `only` those of the control server's names. Rejects where tailscaled does not answer. */
async function openPaths(
  localApi: Pick<LocalApi, "peers" | "ping">,
  clock: Clock,
  only: ReadonlySet<string> | null,
): Promise<void> {
  const answers = async (address: string, type: "disco" | "TSMP", pings: number): Promise<boolean> => {
    for (let tried = 0; tried < pings; tried += 1) {
      const begun = clock.now();
      if ((await localApi.ping(address, type, PING_MS)) !== null) return true;
      await clock.sleep(Math.max(0, begun + PING_MS - clock.now()));
    }
    return false;
  };
  const peers = (await localApi.peers()).filter(
    ({ id, online, mute }) => online && !mute && (only === null || only.has(id)),
  );
  await Promise.all(
    peers.slice(0, MOST_PEERS).map(async ({ addresses: [address = ""] }) => {
      // First disco: a device that does not know this node yet drops the handshake, and the retry is what we want to avoid.
      if (await answers(address, "disco", DISCO_PINGS)) await clock.sleep(HEAD_START_MS);
      // One that was told our key but not how to find us answers no disco ever: the handshake reaches it by the relay, and says how.
      await answers(address, "TSMP", TSMP_PINGS);
    }),
  );
}
