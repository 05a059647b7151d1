import type { Clock } from "../../../lib/clock.ts";
import type { LocalApi } from "../../localapi/localapi.ts";
import { PING_TIMEOUT_MS } from "../../localapi/peer-calls.ts";

/** Together longer than the second that some control servers take to tell a device how to find a peer whose key it knows. */
const DISCO_PINGS = 3;
/**
 * A device that has just found the node starts a handshake if it has anything to send. When both sides start one at once, each drops
 * its own for the other's. Neither completes, and both wait for five seconds. Milliseconds.
 */
const HEAD_START_MS = 200;

export interface Greeting {
  address: string;
  /** Maximum number of TSMP pings. */
  handshakes: number;
  /** The greeting ends early when this returns false. */
  isCurrent: () => boolean;
}

/** Opens the path to one device. Resolves with whether the device answered through WireGuard; rejects when tailscaled doesn't answer. */
export async function greet(
  { address, handshakes, isCurrent }: Greeting,
  localApi: Pick<LocalApi, "ping">,
  clock: Clock,
): Promise<boolean> {
  const answers = async (type: "disco" | "TSMP", pings: number): Promise<boolean> => {
    for (let tried = 0; tried < pings && isCurrent(); tried += 1) {
      const begun = clock.monotonic();
      if ((await localApi.ping(address, type)) !== null) return true;
      // Wait the full interval even when tailscaled couldn't send the ping.
      const remainingMs = begun + PING_TIMEOUT_MS - clock.monotonic();
      await clock.sleep(Math.min(PING_TIMEOUT_MS, Math.max(0, remainingMs)));
    }
    return false;
  };
  // Send disco first: a device that doesn't know this node yet drops the handshake, and its retry is what we want to avoid. When only
  // the key is new, an answer doesn't prove that the device knows the key.
  if (await answers("disco", DISCO_PINGS)) await clock.sleep(HEAD_START_MS);
  // A device that knows our key but not how to find us never answers disco. The handshake reaches it through the relay and tells it how.
  // A device answers TSMP only when it has set up WireGuard for the node; its route follows at once.
  return await answers("TSMP", handshakes);
}
