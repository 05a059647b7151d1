import type { ContainerPort } from "@tailnet-share/contract/port";
import { addressWithin, hostAndPort, listenerOn } from "../../ports/listener-addresses.ts";
import type { Listener } from "../../ports/listening.ts";
import { listeningReason } from "../../ports/verdict.ts";
import { TAILNET_INTERFACE } from "../../tailscale/daemon/interface.ts";
import type { ServeConfig } from "../../tailscale/localapi/types.ts";

/**
 * A TCP port whose program listens on an address that clients can't reach, such as 127.0.0.1. tailscaled runs in the same
 * namespace, accepts the connections at port `via` and forwards them to `to` (`host:port`).
 */
export interface LocalForward {
  port: number;
  via: number;
  to: string;
}

/** A port, and the port that the kernel redirects it to. */
export type Redirect = Pick<LocalForward, "port" | "via">;

/** Above ephemeral ports and the ports that servers usually choose. */
const VIA = { first: 62_000, count: 1_000 };
/** Limit for the command line and the kernel's rules. */
const MOST_FORWARDS = 64;

export interface ForwardContext {
  /** The address where clients arrive. */
  entrance: string;
  tun: "kernel" | "userspace";
  /** Ports that tailscaled needs itself. */
  taken: ReadonlySet<number>;
  /** IPv6 addresses of the namespace. */
  ipv6: readonly string[];
}

/**
 * Chooses the ports that tailscaled forwards. Only ports named by the share qualify: a program may listen on 127.0.0.1 to stay
 * private. With a TUN, tailscaled binds each port that it serves. Binding the port itself would keep the program from listening on
 * all addresses later, so the kernel redirects it to another port. Pure.
 */
export function localForwards(
  ports: readonly ContainerPort[],
  listeners: readonly Listener[],
  { entrance, tun, taken, ipv6 }: ForwardContext,
): LocalForward[] {
  const used = new Set([...taken, ...listeners.map(({ port }) => port)]);
  const named = ports.filter(({ protocol }) => protocol === "tcp").toSorted((a, b) => a.port - b.port);
  return named
    .flatMap((port): LocalForward[] => {
      const listener = listenerOn(listeners, port);
      if (listener === undefined || listeningReason(port, entrance, { listeners, young: false }) === null)
        return [];
      const address = addressWithin(listener, ipv6);
      const via = tun === "userspace" ? port.port : freeVia(port.port, used);
      if (address === null || (tun === "userspace" && taken.has(via))) return [];
      used.add(via);
      return [{ port: port.port, via, to: hostAndPort(address, port.port) }];
    })
    .slice(0, MOST_FORWARDS);
}

function freeVia(port: number, used: ReadonlySet<number>): number {
  for (let step = 0; step < VIA.count; step += 1) {
    const via = VIA.first + ((port + step) % VIA.count);
    if (!used.has(via)) return via;
  }
  return VIA.first;
}

/** Redirects for the forwards. Pure. */
export function redirectsOf(forwards: readonly LocalForward[]): Redirect[] {
  return forwards.filter(({ port, via }) => port !== via).map(({ port, via }) => ({ port, via }));
}

export function sameRedirects(a: readonly Redirect[], b: readonly Redirect[]): boolean {
  const shape = (list: readonly Redirect[]) => redirectsArgument(list.toSorted((x, y) => x.port - y.port));
  return shape(a) === shape(b);
}

/** The forwards in place, as observed. They stay while it is unknown what listens. Pure. */
export function forwardsInPlace({
  serve,
  redirects,
}: {
  serve: ServeConfig;
  redirects: readonly Redirect[];
}): LocalForward[] {
  return Object.entries(serve.TCP ?? {}).flatMap(([number, { TCPForward: to }]) => {
    const via = Number(number);
    const port = redirects.find((redirect) => redirect.via === via)?.port ?? via;
    return to === undefined ? [] : [{ port, via, to }];
  });
}

/** Returns whether tailscaled currently forwards a port, as observed. Pure. */
export function isForwarded(
  { port, protocol }: ContainerPort,
  { redirects, serve }: { redirects: readonly Redirect[]; serve: ServeConfig },
): boolean {
  if (protocol !== "tcp") return false;
  const via = redirects.find((redirect) => redirect.port === port)?.via ?? port;
  return serve.TCP?.[String(via)]?.TCPForward !== undefined;
}

/** The redirect table in a machine's namespace. */
const TABLE = "tailnet_share_forward";

/** An `nft -f` script that replaces the table, or removes it when there are no redirects. Pure. Throws `RangeError` for an invalid port. */
export function renderRedirects(redirects: readonly Redirect[]): string {
  const isPort = (value: number) => Number.isInteger(value) && value >= 1 && value <= 65_535;
  if (!redirects.every(({ port, via }) => isPort(port) && isPort(via)))
    throw new RangeError("not a redirect");
  const clear = `table inet ${TABLE}\ndelete table inet ${TABLE}\n`;
  if (redirects.length === 0) return clear;
  const rules = redirects.map(
    ({ port, via }) => `    iifname "${TAILNET_INTERFACE}" tcp dport ${port} redirect to :${via}\n`,
  );
  return `${clear}table inet ${TABLE} {
  chain arriving {
    type nat hook prerouting priority dstnat; policy accept;
${rules.join("")}  }
}
`;
}

export const REDIRECTS_LISTED = ["--stateless", "--numeric", "list", "table", "inet", TABLE] as const;

/** The redirects in a listing by `REDIRECTS_LISTED`. Pure. Source of the form: nft(8), `list table`. */
export function redirectsIn(listing: string): Redirect[] {
  return [...listing.matchAll(/tcp dport (\d+) redirect to :(\d+)/g)].map(([, port, via]) => ({
    port: Number(port),
    via: Number(via),
  }));
}

/** Formats redirects as an argument of `bin/machine`: `8000:62000,9000:62001`. Pure. */
export function redirectsArgument(redirects: readonly Redirect[]): string {
  return redirects.map(({ port, via }) => `${port}:${via}`).join(",");
}

export function redirectsFrom(argument: string): Redirect[] {
  return argument
    .split(",")
    .filter(Boolean)
    .map((pair) => {
      const [port, via] = pair.split(":").map(Number);
      return { port: port ?? 0, via: via ?? 0 };
    });
}
