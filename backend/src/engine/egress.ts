import { readFile } from "node:fs/promises";
import { defaultRoutes, deviceOf, gatewayOf, routesFrom } from "../lib/net/route-table.ts";
import type { NetworkAttachment } from "../workloads/facts.ts";

/** The interface through which the backend's own traffic leaves. */
export interface Egress {
  /** Identifies the route: equal strings mean an equal route. */
  route(): Promise<string>;
  /** Returns the ID of the network that the route leaves into, among these places of the backend; null when it is none of them. */
  network(attachments: readonly NetworkAttachment[]): Promise<string | null>;
}

/** Reads the kernel's routing table. Source of the format: proc_net(5). */
export const kernelEgress: Egress = {
  route: async () => defaultRouteFrom(await table()),
  network: async (attachments) => networkOfDefaultRoute(await table(), attachments),
};

/** Returns the interface of the backend's default route; null when there is none. */
export async function cardOfWayOut(): Promise<string | null> {
  return defaultCardFrom(await table());
}

/** Returns the gateway of the backend's default route: the engine's host, on the backend's own network. Null when there is none. */
export async function gatewayOfWayOut(): Promise<string | null> {
  return gatewayFrom(await table());
}

async function table(): Promise<string> {
  return await readFile("/proc/net/route", "utf8");
}

/**
 * Returns the default route in `/proc/net/route` as `device via gateway`, or `none`. Use it only for comparison: the gateway stays
 * in the file's hexadecimal form.
 */
export function defaultRouteFrom(routeTable: string): string {
  const [route] = defaultRoutes(routesFrom(routeTable));
  return route === undefined ? "none" : `${route.device} via ${route.gateway}`;
}

/** Returns the interface of the default route in `/proc/net/route`; null when there is none. */
export function defaultCardFrom(routeTable: string): string | null {
  return defaultRoutes(routesFrom(routeTable))[0]?.device ?? null;
}

/** Returns the gateway of the default route in `/proc/net/route`; null when there is none. */
export function gatewayFrom(routeTable: string): string | null {
  const [route] = defaultRoutes(routesFrom(routeTable));
  return route === undefined ? null : gatewayOf(route);
}

/** Returns the ID of the first network with an address on the default route's device, or null. */
export function networkOfDefaultRoute(
  routeTable: string,
  attachments: readonly NetworkAttachment[],
): string | null {
  const routes = routesFrom(routeTable);
  const [route] = defaultRoutes(routes);
  if (route === undefined) return null;
  const near = routes.filter(({ device }) => device === route.device);
  return attachments.find(({ address }) => deviceOf(address, near) !== null)?.networkId ?? null;
}
