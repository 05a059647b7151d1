import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
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

interface Route {
  device: string;
  destination: string;
  gateway: string;
  mask: string;
}

const NOWHERE = "00000000";

function routesFrom(routeTable: string): Route[] {
  return routeTable
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [device, destination, gateway, , , , , mask] = line.trim().split(/\s+/);
      return device && destination && gateway
        ? [{ device, destination, gateway, mask: mask ?? NOWHERE }]
        : [];
    });
}

/**
 * Returns the default route in `/proc/net/route` as `device via gateway`, or `none`. Use it only for comparison: the gateway stays
 * in the file's hexadecimal form.
 */
export function defaultRouteFrom(routeTable: string): string {
  const route = routesFrom(routeTable).find(({ destination }) => destination === NOWHERE);
  return route === undefined ? "none" : `${route.device} via ${route.gateway}`;
}

/** Returns the interface of the default route in `/proc/net/route`; null when there is none. */
export function defaultCardFrom(routeTable: string): string | null {
  return routesFrom(routeTable).find(({ destination }) => destination === NOWHERE)?.device ?? null;
}

/** Returns the gateway of the default route in `/proc/net/route`; null when there is none. */
export function gatewayFrom(routeTable: string): string | null {
  const route = routesFrom(routeTable).find(({ destination }) => destination === NOWHERE);
  return route === undefined || route.gateway === NOWHERE ? null : addressOf(route.gateway);
}

/** Returns the ID of the first network with an address on the default route's device, or null. */
export function networkOfDefaultRoute(
  routeTable: string,
  attachments: readonly NetworkAttachment[],
): string | null {
  const routes = routesFrom(routeTable);
  const device = routes.find(({ destination }) => destination === NOWHERE)?.device;
  const near = routes.filter(
    (route) => route.device === device && route.gateway === NOWHERE && route.destination !== NOWHERE,
  );
  const isNear = ({ address }: NetworkAttachment): boolean =>
    isIPv4(address) &&
    near.some(
      ({ destination, mask }) =>
        (numberOf(address) & Number.parseInt(mask, 16)) >>> 0 === Number.parseInt(destination, 16),
    );
  return attachments.find(isNear)?.networkId ?? null;
}

/** The reverse of `numberOf`, from the kernel's hexadecimal form. */
function addressOf(hex: string): string {
  return new Uint8Array(Uint32Array.of(Number.parseInt(hex, 16)).buffer).join(".");
}

/** Converts an address to the kernel's format: its bytes as a number in this machine's byte order. */
function numberOf(address: string): number {
  return new Uint32Array(Uint8Array.from(address.split("."), Number).buffer)[0] ?? 0;
}
