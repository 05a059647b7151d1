import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import type { NetworkPlace } from "../workloads/facts.ts";

/** Where the backend's own traffic leaves. */
export interface Egress {
  /** Equal strings, equal route. */
  route(): Promise<string>;
  /** ID of the network that it leaves into, of those in which the backend has these places; null for none of them. */
  network(places: readonly NetworkPlace[]): Promise<string | null>;
}

/** As the kernel's routing table says it. Source of the format: proc_net(5). */
export const kernelEgress: Egress = {
  route: async () => defaultRouteFrom(await table()),
  network: async (places) => networkOfDefaultRoute(await table(), places),
};

/** The interface of the backend's default route; null without one. */
export async function cardOfWayOut(): Promise<string | null> {
  return defaultCardFrom(await table());
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
 * The default route of `/proc/net/route` as `device via gateway`, or `none`. Only good for comparing: the gateway is left as
 * the hexadecimal that stands there.
 */
export function defaultRouteFrom(routeTable: string): string {
  const route = routesFrom(routeTable).find(({ destination }) => destination === NOWHERE);
  return route === undefined ? "none" : `${route.device} via ${route.gateway}`;
}

/** The interface of the default route in `/proc/net/route`; null without one. */
export function defaultCardFrom(routeTable: string): string | null {
  return routesFrom(routeTable).find(({ destination }) => destination === NOWHERE)?.device ?? null;
}

/** The network whose addresses are on the device of the default route: the ID of the first such place, or null. */
export function networkOfDefaultRoute(routeTable: string, places: readonly NetworkPlace[]): string | null {
  const routes = routesFrom(routeTable);
  const device = routes.find(({ destination }) => destination === NOWHERE)?.device;
  const near = routes.filter(
    (route) => route.device === device && route.gateway === NOWHERE && route.destination !== NOWHERE,
  );
  const isNear = ({ address }: NetworkPlace): boolean =>
    isIPv4(address) &&
    near.some(
      ({ destination, mask }) =>
        (numberOf(address) & Number.parseInt(mask, 16)) >>> 0 === Number.parseInt(destination, 16),
    );
  return places.find(isNear)?.networkId ?? null;
}

/** As the kernel prints it: the bytes of the address as a number of this machine. */
function numberOf(address: string): number {
  return new Uint32Array(Uint8Array.from(address.split("."), Number).buffer)[0] ?? 0;
}
