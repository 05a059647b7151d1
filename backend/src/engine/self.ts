import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { ContainerFacts } from "../workloads/facts.ts";
import type { Self } from "../workloads/targets.ts";

/**
 * The ID of the container that this process runs in. Engines mount `hostname` and `resolv.conf` from a folder named by
 * the container's ID; the host name is the fallback, as engines make it from the ID.
 */
export async function ownContainerId(mountInfoPath = "/proc/self/mountinfo"): Promise<string> {
  const mounts = await readFile(mountInfoPath, "utf8").catch(() => "");
  return ownContainerIdFrom(mounts) ?? hostname();
}

export function ownContainerIdFrom(mountInfo: string): string | null {
  const line = mountInfo.split("\n").find((text) => /\/etc\/(hostname|resolv\.conf|hosts) /.test(text));
  return line?.match(/\/([0-9a-f]{64})\//)?.[1] ?? null;
}

/** The backend's own container among those listed; null while the engine does not show it. */
export function findSelf(containers: readonly ContainerFacts[], ownId: string): Self | null {
  const own = containers.find(({ id }) => id === ownId || (ownId.length >= 12 && id.startsWith(ownId)));
  if (own === undefined) return null;
  const created = own.networkMode.kind === "own" ? own.networkMode.network : "";
  // Joined networks outlive a crash of the backend, so 'the only one' or 'the first' would not do.
  const home = own.networks.find(
    (place) => place.networkName === created || place.networkId.startsWith(created),
  );
  return {
    id: own.id,
    homeNetworkId: home?.networkId ?? null,
    joined: own.networks,
  };
}
