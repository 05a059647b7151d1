import type { Clock } from "../../../lib/clock.ts";
import { within } from "../../../lib/timing.ts";
import type { LocalApi } from "../../localapi/localapi.ts";
import { likelyToAnswer, type Peer } from "../../localapi/peers.ts";

/** Result of probing the tailnet's other devices. It doesn't identify any device. */
export type OtherDevicesAnswer =
  /** `ms`: round-trip time. `path` is null when it is unknown. */
  | { readonly kind: "answered"; readonly ms: number; readonly path: Peer["path"] }
  /** No other device is online, as far as the control server knows. */
  | { readonly kind: "nobody-online" }
  | { readonly kind: "silence"; readonly asked: number };

/** Maximum number of devices, probed concurrently: the first answer is enough. */
const MOST_ASKED = 6;
/** Deadline for the whole probe. Milliseconds. */
const ASK_MS = 5_000;
/** A relay on another continent takes a third of that. Milliseconds. */
const TSMP_MS = 1_000;

/**
 * Probes a few online devices through WireGuard, from the device that owns this LocalAPI. `own` are the control server's IDs of devices
 * that run here too, which would prove little. Rejects as `LocalApi.peers` does.
 */
export async function askOtherDevices(
  localApi: Pick<LocalApi, "peers" | "ping">,
  own: ReadonlySet<string>,
  clock: Clock,
): Promise<OtherDevicesAnswer> {
  const otherPeers = (await localApi.peers()).filter(({ id }) => !own.has(id));
  const asked = likelyToAnswer(otherPeers, MOST_ASKED);
  if (asked.length === 0) return { kind: "nobody-online" };
  const deadline = clock.monotonic() + ASK_MS;
  const askAll = async (signal: AbortSignal) => {
    const probe = async (peer: Peer) => ({
      id: peer.id,
      ms: await answers(localApi, peer, deadline, signal, clock),
    });
    return await Promise.any(asked.map(probe)).catch(() => null);
  };
  const first = await within(askAll, ASK_MS, { clock, otherwise: null });
  if (first === null) return { kind: "silence", asked: asked.length };
  const path = (await localApi.peers()).find(({ id }) => id === first.id)?.path ?? null;
  return { kind: "answered", ms: first.ms, path };
}

/** Rejects when the device doesn't answer in time or the result is no longer needed. */
async function answers(
  localApi: Pick<LocalApi, "ping">,
  { addresses }: Peer,
  deadline: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<number> {
  const [address] = addresses;
  // Find the path first: a device drops a handshake from a peer it doesn't know yet, and the retry comes only five seconds later.
  let found = false;
  while (address !== undefined && !signal.aborted && clock.monotonic() < deadline) {
    const ms: number | null = found
      ? await localApi.ping(address, "TSMP", TSMP_MS)
      : await localApi.ping(address, "disco");
    if (ms !== null && found) return ms;
    found ||= ms !== null;
    // Sleep between retries: a ping that fails at once would loop thousands of times.
    if (ms === null) await clock.sleep(AGAIN_MS, signal);
  }
  throw new Error("no answer");
}

const AGAIN_MS = 50;
