import type { KernelAbility } from "@tailnet-share/contract/node";
import { TAILNET_INTERFACE, WIREGUARD_PORT } from "../../tailscale/daemon/interface.ts";
import type { Abilities } from "./kernel-features.ts";

/** Local ports for probes that applications must not see. Kernels assign no ports this high. */
export const SILENT_PORTS = { first: 61_440, last: 61_695 };
/** Local ports for resetting both ends of a connection: see `reset.ts`. */
export const RESET_PORTS = { first: 61_696, last: 61_951 };

export interface Chain {
  readonly name: string;
  /** The hook; null for a chain that other chains jump to. */
  readonly hook: string | null;
  readonly rules: readonly string[];
}

// By number: names would need /etc/protocols, which the image does not have.
const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
/** The MTU of tailscaled's interface. Bytes. */
const TAILNET_MTU = 1_280;

const TAILNET = `"${TAILNET_INTERFACE}"`;
// By next hop, which is the destination itself on a joined network: once a network is left, its packets would go to a gateway.
const TO_TARGET = (protocol: string) =>
  `ct mark . rt ip nexthop . ${protocol} dport @${protocol}_received accept`;
const FROM_TARGET = (protocol: string) => `ct mark . ip saddr . ${protocol} sport @${protocol}_sent accept`;

/** Where browsers reach the panel: a TCP port of the backend, on the interface of its own network only. */
export interface PanelEntrance {
  readonly card: string;
  readonly port: number;
}

/** The ruleset's chains, without those that would be empty. `renderRuleset` says what each is for. */
export function chains(abilities: Abilities, panel: PanelEntrance | null): readonly Chain[] {
  return [
    ...beforeTracking(abilities),
    ...translation(),
    ...forwarding(abilities),
    ...arriving(abilities, panel),
    ...leaving(abilities),
    ...jumpedTo(abilities),
  ].filter(({ rules }) => rules.length > 0);
}

/** Packets before connection tracking and translation. */
function beforeTracking(abilities: Abilities): Chain[] {
  return [
    chain(
      "untracked",
      "filter hook prerouting priority raw; policy accept",
      ...given(
        abilities,
        "untracked-wireguard",
        `iifname != { "lo", ${TAILNET} } udp dport ${WIREGUARD_PORT} notrack`,
      ),
    ),
    chain(
      "unremembered",
      "filter hook output priority raw; policy accept",
      ...given(
        abilities,
        "untracked-wireguard",
        `oifname != { "lo", ${TAILNET} } udp sport ${WIREGUARD_PORT} notrack`,
      ),
    ),
    chain(
      "fitting",
      "filter hook prerouting priority mangle; policy accept",
      ...given(
        abilities,
        "large-udp-answers",
        // nft 1.0.6 writes the number's upper half into the ID, so every bit has to be random.
        `ct status dnat ct direction reply meta l4proto ${UDP} ip length > ${TAILNET_MTU} ip frag-off & 0x4000 != 0 ip frag-off set 0 ip id set numgen random mod 4294967295`,
      ),
    ),
  ];
}

/** Replaces addresses of shared ports by those of their targets, and a client's address by the backend's own. */
function translation(): Chain[] {
  return [
    chain(
      "translate",
      "nat hook prerouting priority dstnat; policy accept",
      `iifname ${TAILNET} ct mark set tcp dport map @tcp_marks`,
      `iifname ${TAILNET} ct mark set udp dport map @udp_marks`,
      `iifname ${TAILNET} meta nfproto ipv4 dnat ip to tcp dport map @tcp_targets`,
      `iifname ${TAILNET} meta nfproto ipv4 dnat ip to udp dport map @udp_targets`,
    ),
    chain(
      "fronted",
      "nat hook output priority -100; policy accept",
      "ct mark set ip daddr . tcp dport map @https_marks",
      "meta nfproto ipv4 dnat ip to ip daddr . tcp dport map @https_targets",
    ),
    // `forwarding` has already accepted the packet; another lookup in its sets would count it twice.
    chain(
      "disguise",
      "nat hook postrouting priority srcnat; policy accept",
      `oifname ${TAILNET} return`,
      `ct status dnat ct mark != 0 udp sport ${WIREGUARD_PORT} masquerade to :1024-32767`,
      "ct status dnat ct mark != 0 masquerade",
    ),
  ];
}

/** Packets between the tailnet and the targets. */
function forwarding(abilities: Abilities): Chain[] {
  return [
    chain(
      "forwarding",
      "filter hook forward priority filter; policy drop",
      `iifname ${TAILNET} ct status dnat ct direction original jump to_target`,
      `oifname ${TAILNET} ct status dnat ct direction reply jump from_target`,
    ),
    chain(
      "to_target",
      null,
      TO_TARGET("tcp"),
      TO_TARGET("udp"),
      "ct state related accept",
      ...refusal(abilities),
    ),
    chain("from_target", null, FROM_TARGET("tcp"), FROM_TARGET("udp"), "ct state related accept"),
  ];
}

/** Packets to the backend itself. */
function arriving(abilities: Abilities, panel: PanelEntrance | null): Chain[] {
  return [
    chain(
      "arriving",
      "filter hook input priority filter; policy drop",
      'iifname "lo" accept',
      "ct status dnat ct mark != 0 ct direction reply jump to_tailscaled",
      "ct state established,related accept",
      `iifname ${TAILNET} jump from_tailnet`,
      `udp dport ${WIREGUARD_PORT} accept`,
      ...(panel === null ? [] : [`iifname "${panel.card}" tcp dport ${panel.port} accept`]),
      // Don't match `invalid`: the kernel also uses it for late packets of live connections.
      ...given(
        abilities,
        "late-endings",
        "ct state new tcp flags & (syn | rst | ack) == ack fib daddr . iif type local fib saddr . iif oif exists reject with tcp reset",
      ),
    ),
  ];
}

/** Packets from the backend itself: its probes, and those of tailscaled's HTTPS server. */
function leaving(abilities: Abilities): Chain[] {
  return [
    chain(
      "trying",
      "filter hook output priority filter; policy accept",
      `tcp sport ${SILENT_PORTS.first}-${SILENT_PORTS.last} tcp flags & (fin | syn | rst | psh | ack) == ack drop`,
      ...given(
        abilities,
        "instant-endings",
        // Replace the timestamp option too: newer kernels would recognize an old packet by it and stay silent.
        `tcp sport ${RESET_PORTS.first}-${RESET_PORTS.last} tcp flags & (fin | syn | rst | ack) == syn @th,208,8 set 253 tcp flags set ack`,
      ),
    ),
    chain(
      "leaving",
      "filter hook output priority filter; policy accept",
      "ct status dnat ct mark != 0 ct direction original jump to_target",
    ),
  ];
}

/** The chains that `arriving` jumps to. */
function jumpedTo(abilities: Abilities): Chain[] {
  return [
    // Drop instead of refusing: a reset would end the kernel's entry, and `endFlows` could no longer reset tailscaled's side.
    chain("to_tailscaled", null, FROM_TARGET("tcp"), "ct state related accept", "drop"),
    chain("from_tailnet", null, `meta l4proto { ${ICMP}, ${ICMPV6} } accept`, ...refusal(abilities)),
  ];
}

function chain(name: string, hook: string | null, ...rules: readonly string[]): Chain {
  return { name, hook, rules };
}

function given(abilities: Abilities, ability: KernelAbility, ...rules: readonly string[]): readonly string[] {
  return abilities.has(ability) ? rules : [];
}

/** The last rules of a chain for packets that nothing accepts. */
function refusal(abilities: Abilities): readonly string[] {
  return abilities.has("refusals") ? [`meta l4proto ${TCP} reject with tcp reset`, "reject"] : ["drop"];
}
