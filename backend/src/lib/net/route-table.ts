import { isIPv4 } from "node:net";

/** A row of the kernel's table of IPv4 routes. Addresses stay in the file's hexadecimal form. */
export interface Route {
  device: string;
  destination: string;
  gateway: string;
  mask: string;
  /** Among routes to the same destination, the lowest wins. */
  metric: number;
}

const NOWHERE = "00000000";

/** The rows of `/proc/net/route`. Source of the format: proc_net(5). */
export function routesFrom(routeTable: string): Route[] {
  return routeTable
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [device, destination, gateway, , , , metric, mask = NOWHERE] = line.trim().split(/\s+/);
      return device && destination && gateway
        ? [{ device, destination, gateway, mask, metric: Number(metric ?? 0) }]
        : [];
    });
}

/** The default routes in the kernel's order of preference. A route to half of all addresses (`0.0.0.0/1`) is none. */
export function defaultRoutes(routes: readonly Route[]): Route[] {
  return routes
    .filter(({ destination, mask }) => destination === NOWHERE && mask === NOWHERE)
    .toSorted((one, other) => one.metric - other.metric);
}

/** Returns the interface whose own network has this IPv4 address; null for none. */
export function deviceOf(address: string, routes: readonly Route[]): string | null {
  if (!isIPv4(address)) return null;
  const near = routes.find(
    ({ gateway, destination, mask }) =>
      gateway === NOWHERE &&
      destination !== NOWHERE &&
      (numberOf(address) & Number.parseInt(mask, 16)) >>> 0 === Number.parseInt(destination, 16),
  );
  return near?.device ?? null;
}

/** The route's gateway as an address; null when it has none. */
export function gatewayOf({ gateway }: Pick<Route, "gateway">): string | null {
  return gateway === NOWHERE ? null : addressOf(gateway);
}

/** The reverse of `numberOf`, from the kernel's hexadecimal form. */
function addressOf(hex: string): string {
  return new Uint8Array(Uint32Array.of(Number.parseInt(hex, 16)).buffer).join(".");
}

/** Converts an address to the kernel's format: its bytes as a number in this machine's byte order. */
function numberOf(address: string): number {
  return new Uint32Array(Uint8Array.from(address.split("."), Number).buffer)[0] ?? 0;
}
