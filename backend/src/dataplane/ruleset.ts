import { isIPv4 } from "node:net";
import { TAILNET_INTERFACE, WIREGUARD_PORT } from "../tailscale/interface.ts";
import { type Forward, forwardKey } from "./data-plane.ts";

export const TABLE = "tailnet_share";
/** Local ports of tries that an application is not to hear of; above those that kernels give out by themselves. */
export const SILENT_PORTS = { first: 61_440, last: 61_951 };

export interface Counters {
  received: number;
  sent: number;
}

/** What stands before it is known whether the kernel can do the rest, and for good where it cannot: nothing is forwarded. */
export function renderClosed(): string {
  return `table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  chain forwarding {
    type filter hook forward priority filter; policy drop;
  }
}
`;
}

/**
 * The whole ruleset as one `nft -f` script: it replaces the table in a single transaction, so there is no moment
 * without it. `carried` are the byte counts to go on from, by `forwardKey`.
 *
 * - `translate` sends what arrives from the tailnet on a shared port to its target. Nothing else is translated.
 * - `disguise` gives that traffic the backend's own address, so that the answer finds its way back.
 * - `forwarding` lets through those flows and their answers and nothing else: the backend never routes. A flow is
 *   matched by the port that it was opened on (kept as its connection mark; tailscaled uses other bits) *and* where it
 *   goes, so flows of a share that was withdrawn, or whose target moved, end at once.
 * - `arriving` closes the backend itself: on the tailnet nothing but ping answers, on the containers' networks nothing but
 *   WireGuard. Closed TCP ports on the tailnet are refused rather than left hanging, as any device does.
 * - `trying` keeps back the last packet of a handshake from `SILENT_PORTS`: the other side's kernel has shown that something listens,
 *   and the application never gets to see the connection.
 *
 * - `untracked` and `unremembered`: WireGuard's own packets make no flows, else anybody could fill the kernel's table of them with
 *   forged senders. A visitor's port that is translated must not look like WireGuard's then, so `disguise` takes another.
 *
 * Throws `RangeError` when a forward is not one: the text goes to a program with rights.
 */
export function renderRuleset(
  forwards: readonly Forward[],
  carried: ReadonlyMap<string, Counters> = new Map(),
): string {
  for (const forward of forwards) assertForward(forward);
  const lines = [`table inet ${TABLE}`, `delete table inet ${TABLE}`, `table inet ${TABLE} {`];
  for (const forward of forwards) {
    const key = forwardKey(forward);
    const { received, sent } = carried.get(key) ?? { received: 0, sent: 0 };
    lines.push(
      `  counter ${key}_in { packets 0 bytes ${received}; }`,
      `  counter ${key}_out { packets 0 bytes ${sent}; }`,
    );
  }
  for (const protocol of ["tcp", "udp"] as const) {
    const own = forwards.filter((forward) => forward.protocol === protocol);
    lines.push(
      `  map ${protocol}_targets { type inet_service : ipv4_addr . inet_service;${elements(own.map((f) => `${f.nodePort} : ${f.address} . ${f.port}`))} }`,
      `  map ${protocol}_marks { type inet_service : mark;${elements(own.map((f) => `${f.nodePort} : ${f.nodePort}`))} }`,
      `  set ${protocol}_flows { type mark . ipv4_addr . inet_service;${elements(own.map((f) => `${f.nodePort} . ${f.address} . ${f.port}`))} }`,
      `  map ${protocol}_in { type mark : counter;${elements(own.map((f) => `${f.nodePort} : "${forwardKey(f)}_in"`))} }`,
      `  map ${protocol}_out { type mark : counter;${elements(own.map((f) => `${f.nodePort} : "${forwardKey(f)}_out"`))} }`,
    );
  }
  lines.push(CHAINS, "}", "");
  return lines.join("\n");
}

/** Takes forwards out of the table in one transaction; what is left is what `renderRuleset` makes of the others. */
export function renderWithdrawal(gone: readonly Forward[]): string {
  for (const forward of gone) assertForward(forward);
  return gone
    .flatMap((forward) => {
      const { protocol, nodePort, address, port } = forward;
      const key = forwardKey(forward);
      return [
        ...["targets", "marks", "in", "out"].map(
          (map) => `element inet ${TABLE} ${protocol}_${map} { ${nodePort} }`,
        ),
        `element inet ${TABLE} ${protocol}_flows { ${nodePort} . ${address} . ${port} }`,
        `counter inet ${TABLE} ${key}_in`,
        `counter inet ${TABLE} ${key}_out`,
      ].map((one) => `delete ${one}\n`);
    })
    .join("");
}

const FLOW_TO = (protocol: string) => `ct mark . ip daddr . ${protocol} dport @${protocol}_flows`;
const FLOW_FROM = (protocol: string) => `ct mark . ip saddr . ${protocol} sport @${protocol}_flows`;
const COUNT = (protocol: string, way: "in" | "out") => `counter name ct mark map @${protocol}_${way}`;

// By number: names would need /etc/protocols, which the image does not have.
const ICMP = 1;
const TCP = 6;
const ICMPV6 = 58;

const CHAINS = `
  chain untracked {
    type filter hook prerouting priority raw; policy accept;
    iifname != { "lo", "${TAILNET_INTERFACE}" } udp dport ${WIREGUARD_PORT} notrack
  }
  chain unremembered {
    type filter hook output priority raw; policy accept;
    oifname != { "lo", "${TAILNET_INTERFACE}" } udp sport ${WIREGUARD_PORT} notrack
  }
  chain translate {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "${TAILNET_INTERFACE}" ct mark set tcp dport map @tcp_marks
    iifname "${TAILNET_INTERFACE}" ct mark set udp dport map @udp_marks
    iifname "${TAILNET_INTERFACE}" meta nfproto ipv4 dnat ip to tcp dport map @tcp_targets
    iifname "${TAILNET_INTERFACE}" meta nfproto ipv4 dnat ip to udp dport map @udp_targets
  }
  chain disguise {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "${TAILNET_INTERFACE}" return
    ct status dnat ${FLOW_TO("tcp")} masquerade
    ct status dnat ${FLOW_TO("udp")} udp sport ${WIREGUARD_PORT} masquerade to :1024-32767
    ct status dnat ${FLOW_TO("udp")} masquerade
  }
  chain forwarding {
    type filter hook forward priority filter; policy drop;
    iifname "${TAILNET_INTERFACE}" ct status dnat ct direction original jump to_target
    oifname "${TAILNET_INTERFACE}" ct status dnat ct direction reply jump from_target
  }
  chain to_target {
    ${FLOW_TO("tcp")} ${COUNT("tcp", "in")} accept
    ${FLOW_TO("udp")} ${COUNT("udp", "in")} accept
    meta l4proto ${TCP} reject with tcp reset
    reject
  }
  chain from_target {
    ${FLOW_FROM("tcp")} ${COUNT("tcp", "out")} accept
    ${FLOW_FROM("udp")} ${COUNT("udp", "out")} accept
    ct state related accept
  }
  chain arriving {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state established,related accept
    iifname "${TAILNET_INTERFACE}" jump from_tailnet
    udp dport ${WIREGUARD_PORT} accept
  }
  chain trying {
    type filter hook output priority filter; policy accept;
    tcp sport ${SILENT_PORTS.first}-${SILENT_PORTS.last} tcp flags & (fin | syn | rst | psh | ack) == ack drop
  }
  chain from_tailnet {
    meta l4proto { ${ICMP}, ${ICMPV6} } accept
    meta l4proto ${TCP} reject with tcp reset
    reject
  }`;

/** How many rules the ruleset has, whatever is forwarded. */
export const RULES = CHAINS.split("\n").filter((line) => /^ {4}(?!type )/.test(line)).length;

function elements(list: readonly string[]): string {
  return list.length === 0 ? "" : ` elements = { ${list.join(", ")} };`;
}

function assertForward({ nodePort, address, port, protocol }: Forward): void {
  const isPort = (value: number) => Number.isInteger(value) && value >= 1 && value <= 65_535;
  if (!isPort(nodePort) || !isPort(port) || !isIPv4(address) || (protocol !== "tcp" && protocol !== "udp")) {
    throw new RangeError(`not a forward: ${JSON.stringify({ nodePort, address, port, protocol })}`);
  }
}
