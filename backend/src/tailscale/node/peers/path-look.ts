import type { Logger } from "pino";
import type { Clock } from "../../../lib/clock.ts";
import type { LocalApi } from "../../localapi/localapi.ts";
import type { Peer } from "../../localapi/peers.ts";

/** Minimum time between two checks, with and without a client. Milliseconds. */
const VISITED_MS = 5_000;
const UNVISITED_MS = 30_000;
/** Minimum time between two checks as a multiple of how long one takes. */
const LOOKS_APART = 20;

/** Checks how packets go to other devices unless the last check is recent. Resolves with whether it checked; never rejects. */
export function createPathLook(
  localApi: Pick<LocalApi, "peers">,
  onPeers: (peers: Peer[]) => void,
  { clock, log }: { clock: Clock; log: Logger },
): (visited: boolean) => Promise<boolean> {
  let began = Number.NEGATIVE_INFINITY;
  let tookMs = 0;
  return async (visited) => {
    const pause = Math.max(visited ? VISITED_MS : UNVISITED_MS, LOOKS_APART * tookMs);
    if (clock.monotonic() - began < pause) return false;
    began = clock.monotonic();
    await localApi
      .peers()
      .then(onPeers)
      .catch((err: unknown) =>
        log.debug({ event: "node.paths-unknown", err }, "the paths to other devices could not be looked at"),
      );
    tookMs = clock.monotonic() - began;
    return true;
  };
}
