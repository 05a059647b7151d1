import type { Clock } from "../lib/clock.ts";
import type { LocalApi } from "./localapi.ts";
import { likelyToAnswer, type Peer } from "./peers.ts";

/** What came of asking the tailnet's other devices for a sign of life. Nothing in it says which. */
export type OtherDevicesAnswer =
  /** `ms`: there and back. `path` is null when it is not known. */
  | { readonly kind: "answered"; readonly ms: number; readonly path: Peer["path"] }
  /** No other device is online, as far as the control server knows. */
  | { readonly kind: "nobody-online" }
  | { readonly kind: "silence"; readonly asked: number };

/** All at once: the first that answers is enough. */
const MOST_ASKED = 6;
/** Milliseconds for all of it. */
const ASK_MS = 5_000;
/** A relay on another continent takes a third of that. Milliseconds. */
const TSMP_MS = 1_000;

/**
 * Asks a few devices that are online, over WireGuard and back, from the device whose LocalAPI this is. `own` are the control server's
 * names of those that run here, too, and would prove little. Rejects as `LocalApi.peers` does.
 */
export async function askOtherDevices(
  localApi: Pick<LocalApi, "peers" | "ping">,
  own: ReadonlySet<string>,
  clock: Clock,
): Promise<OtherDevicesAnswer> {
  const others = (await localApi.peers()).filter(({ id }) => !own.has(id));
  const asked = likelyToAnswer(others, MOST_ASKED);
  if (asked.length === 0) return { kind: "nobody-online" };
  const deadline = clock.monotonic() + ASK_MS;
  const over = new AbortController();
  const late = clock.sleep(ASK_MS, over.signal).then(
    () => null,
    () => null,
  );
  const one = async (peer: Peer) => ({
    id: peer.id,
    ms: await answers(localApi, peer, deadline, over, clock),
  });
  const first = await Promise.race([Promise.any(asked.map(one)).catch(() => null), late]);
  over.abort();
  if (first === null) return { kind: "silence", asked: asked.length };
  const path = (await localApi.peers()).find(({ id }) => id === first.id)?.path ?? null;
  return { kind: "answered", ms: first.ms, path };
}

/** Rejects when it did not answer in time, or nobody needs to know any more. */
async function answers(
  localApi: Pick<LocalApi, "ping">,
  { addresses }: Peer,
  deadline: number,
  { signal }: AbortController,
  clock: Clock,
): Promise<number> {
  const [address] = addresses;
  // A handshake before the other device knows this one is dropped, and tried again only five seconds later: so the path first.
  let found = false;
  while (address !== undefined && !signal.aborted && clock.monotonic() < deadline) {
    const ms: number | null = found
      ? await localApi.ping(address, "TSMP", TSMP_MS)
      : await localApi.ping(address, "disco");
    if (ms !== null && found) return ms;
    found ||= ms !== null;
    // One that fails at once is not asked thousands of times.
    if (ms === null) await clock.sleep(AGAIN_MS, signal);
  }
  throw new Error("no answer");
}

const AGAIN_MS = 50;
