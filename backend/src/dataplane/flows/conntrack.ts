import { PortNumber, Protocol } from "@tailnet-share/contract/port";
import { type Flows, type Forward, forwardKey } from "../data-plane.ts";
import { type FlowTimeouts, idleSecondsOf, USUAL_TIMEOUTS } from "./idle-time.ts";

/** A flow in both directions: source and destination of the request, and source of the reply. */
const ENDS = / src=(\d+\.\d+\.\d+\.\d+) dst=(\d+\.\d+\.\d+\.\d+) .* src=(\d+\.\d+\.\d+\.\d+) .*?sport=(\d+) /;
/** States of flows that the kernel still remembers but that carry no more packets. */
const OVER = / (TIME_WAIT|CLOSE) /;

/**
 * Parses the connections of each forward from `conntrack -L`. A flow's mark is the node port that it was opened on, see the ruleset.
 * TCP counts as open while it is established, UDP as long as the kernel remembers it (two minutes at most).
 */
export function flowsByForward(listing: string, timeouts: FlowTimeouts = USUAL_TIMEOUTS): Flows[] {
  const flows = new Map<string, { forward: Forward; visitors: Set<string>; idleSeconds: number }>();
  for (const line of listing.split("\n")) {
    const protocol = Protocol.safeParse(line.split(/\s+/, 1)[0]).data;
    const [, source, to, address, port] = ENDS.exec(line) ?? [];
    // tailscaled marks its own connections, too, with bits above the range of a port.
    const nodePort = PortNumber.safeParse(Number(/ mark=(\d+)/.exec(line)?.[1])).data;
    if (protocol === undefined || source === undefined || address === undefined) continue;
    if (nodePort === undefined || OVER.test(line)) continue;
    // tailscaled's HTTPS server opened it, from the backend's own address to itself. The kernel's list doesn't show its clients.
    const isFronted = source === to;
    const forward: Forward = {
      ...{ protocol, nodePort, address, port: Number(port) },
      ...(isFronted ? { via: source } : {}),
    };
    const key = `${forwardKey(forward)} ${address} ${port} ${forward.via ?? ""}`;
    const flow = flows.get(key) ?? {
      forward,
      visitors: new Set(),
      idleSeconds: Number.POSITIVE_INFINITY,
    };
    flow.idleSeconds = Math.min(flow.idleSeconds, idleSecondsOf(line, timeouts));
    flows.set(key, flow);
    if (!isFronted && (protocol === "udp" || line.includes(" ESTABLISHED "))) flow.visitors.add(source);
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
