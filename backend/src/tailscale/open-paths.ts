import type { LocalApi } from "./localapi.ts";

/** Devices that are pinged when the node comes up, and how often at most in either way. */
const WARM_UP_PEERS = 32;
const WARM_UP_PINGS = 10;

/**
 * Pings the devices that are online. Otherwise each device's first visit, or its first with a new key of ours, waits for WireGuard's
 * five-second retry. Rejects where tailscaled does not answer.
 */
export async function openPaths(localApi: Pick<LocalApi, "onlinePeers" | "ping">): Promise<void> {
  const answers = async (peer: string, type: "disco" | "TSMP"): Promise<boolean> => {
    for (let ping = 0; ping < WARM_UP_PINGS; ping += 1)
      if ((await localApi.ping(peer, type)) !== null) return true;
    return false;
  };
  const peers = (await localApi.onlinePeers()).slice(0, WARM_UP_PEERS);
  // Only after disco: a device that does not know this node yet drops the handshake, and the retry is what we want to avoid.
  await Promise.all(
    peers.map(async (peer) => (await answers(peer, "disco")) && (await answers(peer, "TSMP"))),
  );
}
