import { isIPv4 } from "node:net";
import { type Forward, forwardKey } from "../data-plane.ts";
import { type Chain, chains, type PanelEntrance } from "./chains.ts";
import { type Abilities, EVERY_ABILITY } from "./kernel-features.ts";

export const TABLE = "tailnet_share";
export interface Counters {
  received: number;
  sent: number;
}

/** The rules while it is unknown whether the kernel supports the rest, and permanently when it doesn't: they forward nothing. */
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
 * Renders the whole ruleset as one `nft -f` script. It replaces the table in a single transaction, so the rules are never missing.
 * Byte counts continue from `carried`, by `forwardKey`. Leaves out rules that need a missing kernel feature.
 *
 * - `translate` sends packets that arrive from the tailnet on a shared port to their target. It translates nothing else.
 * - `fronted` does the same for packets from tailscaled's HTTPS server to the backend's own address on the port of a share with HTTPS.
 *   So tailscaled's configuration never names a container, and a withdrawn or moved share is cut off here, in the same transaction as
 *   any other. Clients' packets for such a port never reach the kernel: tailscaled takes them out first.
 * - `disguise` gives that traffic the backend's own address, so that the answers return to the backend.
 * - `forwarding` accepts those flows and their answers and nothing else: the backend never routes. It matches a flow by the port that
 *   it was opened on (kept as its connection mark; tailscaled uses other bits) *and* its next hop. So flows of a withdrawn or moved
 *   share end at once, no packet reaches a target through a gateway, and the backend may leave a network before its rules are gone.
 *   Each element of the sets counts its bytes.
 * - `fitting` lets the kernel fragment UDP answers that exceed the tailnet's MTU. The container's kernel forbids that until it has
 *   learned the size from a lost packet. Such packets may all have the same ID, which fragments must not have.
 * - `arriving` closes the backend itself: on the tailnet only ping answers, on the containers' networks only WireGuard, and on the
 *   backend's own network the panel for browsers, if there is one. Closed TCP
 *   ports on the tailnet refuse instead of hanging, as on any device. A container that continues a TCP connection that no longer exists
 *   is refused as well, but only if the refusal leaves where the packet came in: the packet may be forged.
 * - `trying` drops the last packet of a handshake from `SILENT_PORTS`: the other side's kernel has shown that something listens, and
 *   the application never sees the connection. It turns the first packet of a handshake from `RESET_PORTS` into a plain
 *   acknowledgement: see `reset.ts`.
 *
 * - `untracked` and `unremembered` keep WireGuard's own packets out of connection tracking. Otherwise anybody could fill the kernel's
 *   table with forged senders. A translated client's port must then not look like WireGuard's, so `disguise` picks another.
 *
 * Throws `RangeError` for an invalid forward or panel: the text goes to a program with privileges.
 */
export function renderRuleset(
  forwards: readonly Forward[],
  carried: ReadonlyMap<string, Counters> = new Map(),
  abilities: Abilities = EVERY_ABILITY,
  panel: PanelEntrance | null = null,
): string {
  if (panel !== null) assertPanel(panel);
  for (const forward of forwards) assertForward(forward);
  const counts = abilities.has("byte-counts");
  const lines = [`table inet ${TABLE}`, `delete table inet ${TABLE}`, `table inet ${TABLE} {`];
  for (const protocol of ["tcp", "udp"] as const) {
    const own = forwards.filter((forward) => forward.protocol === protocol);
    const direct = own.filter(({ via }) => via === undefined);
    const flows = (way: keyof Counters): string => {
      const list = own.map((forward) => {
        const bytes = carried.get(forwardKey(forward))?.[way] ?? 0;
        const flow = `${forward.nodePort} . ${forward.address} . ${forward.port}`;
        return counts ? `${flow} counter packets 0 bytes ${bytes}` : flow;
      });
      return `  set ${protocol}_${way} { type mark . ipv4_addr . inet_service;${counts ? " counter;" : ""}${elements(list)} }`;
    };
    lines.push(
      `  map ${protocol}_targets { type inet_service : ipv4_addr . inet_service;${elements(direct.map((f) => `${f.nodePort} : ${f.address} . ${f.port}`))} }`,
      `  map ${protocol}_marks { type inet_service : mark;${elements(direct.map((f) => `${f.nodePort} : ${f.nodePort}`))} }`,
      flows("received"),
      flows("sent"),
    );
  }
  const fronted = forwards.filter(({ via }) => via !== undefined);
  lines.push(
    `  map https_targets { type ipv4_addr . inet_service : ipv4_addr . inet_service;${elements(fronted.map((f) => `${f.via} . ${f.nodePort} : ${f.address} . ${f.port}`))} }`,
    `  map https_marks { type ipv4_addr . inet_service : mark;${elements(fronted.map((f) => `${f.via} . ${f.nodePort} : ${f.nodePort}`))} }`,
  );
  lines.push(...chains(abilities, panel).map(chainText), "}", "");
  return lines.join("\n");
}

/** The ruleset's number of rules, which doesn't depend on the forwards. */
export function ruleCount(abilities: Abilities, panel: PanelEntrance | null = null): number {
  return chains(abilities, panel).flatMap(({ rules }) => rules).length;
}

function chainText({ name, hook, rules }: Chain): string {
  const head = hook === null ? [] : [`type ${hook};`];
  return [`  chain ${name} {`, ...[...head, ...rules].map((line) => `    ${line}`), "  }"].join("\n");
}

function elements(list: readonly string[]): string {
  return list.length === 0 ? "" : ` elements = { ${list.join(", ")} };`;
}

function assertPanel({ card, port }: PanelEntrance): void {
  if (!/^[\w.@-]{1,15}$/.test(card) || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new RangeError(`not an entrance of the panel: ${JSON.stringify({ card, port })}`);
}

function assertForward({ nodePort, address, port, protocol, via }: Forward): void {
  const isPort = (value: number) => Number.isInteger(value) && value >= 1 && value <= 65_535;
  const isOurs = via === undefined || (isIPv4(via) && protocol === "tcp");
  const isProtocol = protocol === "tcp" || protocol === "udp";
  if (!isPort(nodePort) || !isPort(port) || !isIPv4(address) || !isProtocol || !isOurs) {
    throw new RangeError(`not a forward: ${JSON.stringify({ nodePort, address, port, protocol, via })}`);
  }
}
