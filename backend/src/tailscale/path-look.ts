import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import type { LocalApi } from "./localapi.ts";
import type { Peer } from "./peers.ts";

/** The least time between two looks while somebody visits, and otherwise. Milliseconds. */
const VISITED_MS = 5_000;
const UNVISITED_MS = 30_000;
/** And as a multiple of how long one took. */
const LOOKS_APART = 20;

/** Looks at how packets go to other devices, unless that was done a moment ago. Resolves with whether it looked; never rejects. */
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
