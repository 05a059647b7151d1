import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { ContainerFacts } from "./facts.ts";
import type { Self } from "./targets.ts";

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

/**
 * The default route of `/proc/net/route` as `device via gateway`, or `none`. Only good for comparing.
 * Source of the format: proc_net(5); the gateway is left as the hexadecimal that stands there.
 */
export function defaultRouteFrom(routeTable: string): string {
  for (const line of routeTable.split("\n").slice(1)) {
    const [device, destination, gateway] = line.trim().split(/\s+/);
    if (destination === "00000000") return `${device} via ${gateway}`;
  }
  return "none";
}

/** Where the backend's own traffic leaves, as `defaultRouteFrom` says it. */
export async function defaultRoute(): Promise<string> {
  return defaultRouteFrom(await readFile("/proc/net/route", "utf8"));
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
