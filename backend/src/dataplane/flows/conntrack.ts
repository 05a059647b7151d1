import type { Protocol } from "@tailnet-share/contract/port";
import { type Flows, type Forward, forwardKey } from "../data-plane.ts";
import { type FlowTimeouts, idleSecondsOf, USUAL_TIMEOUTS } from "./idle-time.ts";

/**
 * A marked flow of TCP or UDP, as `conntrack -L` and the kernel's own list show it. No part can match in two ways, because a list of
 * thousands is parsed while a user's command waits.
 */
const FLOW =
  /^(?:ipv4 +\d+ )?(?<protocol>tcp|udp) +\d+ +(?<lifetime>\d+) (?:(?<state>[A-Z]\w*) )?src=(?<source>[\d.]+) dst=(?<to>[\d.]+) [^[\n]*?(?:\[UNREPLIED\] )?src=(?<address>[\d.]+) dst=[\d.]+ sport=(?<port>\d+) (?<rest>[^\n]*?)mark=(?<mark>[1-9]\d*)/gm;
/** States of flows that the kernel still remembers but that carry no more packets. */
const OVER: ReadonlySet<string> = new Set(["TIME_WAIT", "CLOSE"]);
/** tailscaled marks its own connections, too, with bits above this range. */
const LAST_PORT = 65_535;

/**
 * Parses the connections of each forward from a list of the kernel's flows. A flow's mark is the node port that it was opened on, see the
 * ruleset. TCP counts as open while it is established, UDP as long as the kernel remembers it (two minutes at most).
 */
export function flowsByForward(listing: string, timeouts: FlowTimeouts = USUAL_TIMEOUTS): Flows[] {
  const flows = new Map<string, { forward: Forward; visitors: Set<string>; idleSeconds: number }>();
  for (const { groups } of listing.matchAll(FLOW)) {
    const { source = "", to, address = "", port, lifetime, state, rest = "", mark } = groups ?? {};
    const protocol: Protocol = groups?.protocol === "udp" ? "udp" : "tcp";
    const nodePort = Number(mark);
    if (nodePort > LAST_PORT || (state !== undefined && OVER.has(state))) continue;
    // tailscaled's HTTPS server opened it, from the backend's own address to itself. The kernel's list doesn't show its clients.
    const isFronted = source === to;
    const key = `${protocol}_${nodePort} ${address} ${port} ${isFronted ? source : ""}`;
    let flow = flows.get(key);
    if (flow === undefined) {
      const via = isFronted ? { via: source } : {};
      const forward: Forward = { protocol, nodePort, address, port: Number(port), ...via };
      flow = { forward, visitors: new Set(), idleSeconds: Number.POSITIVE_INFINITY };
      flows.set(key, flow);
    }
    const age = { protocol, lifetime: Number(lifetime), state, isAssured: rest.includes("[ASSURED]") };
    flow.idleSeconds = Math.min(flow.idleSeconds, idleSecondsOf(age, timeouts));
    if (!isFronted && (protocol === "udp" || state === "ESTABLISHED")) flow.visitors.add(source);
  }
  return [...flows.values()].map(({ forward, visitors, idleSeconds }) => ({
    ...forward,
    visitors: [...visitors].sort(),
    idleSeconds,
  }));
}

/** Returns the tailnet addresses with an open flow, without duplicates, by `forwardKey`. */
export function visitorsByForward(flows: readonly Flows[]): ReadonlyMap<string, readonly string[]> {
  const visitors = new Map<string, Set<string>>();
  for (const flow of flows) {
    if (flow.visitors.length === 0) continue;
    const key = forwardKey(flow);
    visitors.set(key, new Set([...(visitors.get(key) ?? []), ...flow.visitors]));
  }
  return new Map([...visitors].map(([key, addresses]) => [key, [...addresses].sort()]));
}

/** An end of a connection, with the addresses it sees. */
export interface Ending {
  /** The peer address and port that this end sees: the backend's own. */
  readonly from: { readonly address: string; readonly port: number };
  readonly to: { readonly address: string; readonly port: number };
}

const OPEN = / (SYN_RECV|ESTABLISHED|FIN_WAIT|CLOSE_WAIT|LAST_ACK) /;
const TUPLES =
  / src=([\d.]+) dst=([\d.]+) sport=(\d+) dport=(\d+) .*?src=([\d.]+) dst=([\d.]+) sport=(\d+) dport=(\d+)/;

/** Parses both ends of each TCP connection, container first, from `conntrack -L` or from the entries that `conntrack -D` deleted. */
export function endingsIn(listing: string): Ending[] {
  return listing.split("\n").flatMap((line) => {
    const [, visitor, node, visitorPort, nodePort, target, backend, port, backendPort] =
      TUPLES.exec(line) ?? [];
    if (!line.startsWith("tcp ") || !OPEN.test(line)) return [];
    if (visitor === undefined || node === undefined || target === undefined || backend === undefined)
      return [];
    return [
      { from: { address: backend, port: Number(backendPort) }, to: { address: target, port: Number(port) } },
      {
        from: { address: node, port: Number(nodePort) },
        to: { address: visitor, port: Number(visitorPort) },
      },
    ];
  });
}
