import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { ContainerFacts } from "../workloads/facts.ts";
import type { Self } from "../workloads/targets.ts";

/**
 * Returns the ID of the container that this process runs in. Engines mount `hostname` and `resolv.conf` from a folder named after
 * the container's ID. Falls back to the host name, which engines derive from the ID.
 */
export async function ownContainerId(mountInfoPath = "/proc/self/mountinfo"): Promise<string> {
  const mounts = await readFile(mountInfoPath, "utf8").catch(() => "");
  return ownContainerIdFrom(mounts) ?? hostname();
}

export function ownContainerIdFrom(mountInfo: string): string | null {
  const line = mountInfo.split("\n").find((text) => /\/etc\/(hostname|resolv\.conf|hosts) /.test(text));
  return line?.match(/\/([0-9a-f]{64})\//)?.[1] ?? null;
}

/** Returns the backend's own container among those listed; null while the engine doesn't list it. */
export function findSelf(containers: readonly ContainerFacts[], ownId: string): Self | null {
  const own = containers.find(({ id }) => id === ownId || (ownId.length >= 12 && id.startsWith(ownId)));
  if (own === undefined) return null;
  const created = own.networkMode.kind === "own" ? own.networkMode.network : "";
  // Joined networks survive a crash of the backend, so 'the only one' or 'the first' would be wrong.
  const home = own.networks.find(
    (network) => network.networkName === created || network.networkId.startsWith(created),
  );
  return {
    id: own.id,
    homeNetworkId: home?.networkId ?? null,
    joined: own.networks,
  };
}
