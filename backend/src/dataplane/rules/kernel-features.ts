import { KernelAbility } from "@tailnet-share/contract/node";
import { TAILNET_INTERFACE } from "../../tailscale/daemon/interface.ts";

/** Kernel features that the ruleset can use on top of plain nftables and NAT. */
export type Abilities = ReadonlySet<KernelAbility>;

export const EVERY_ABILITY: Abilities = new Set(KernelAbility.options);

export interface KernelFeature {
  /** The kernel's own names for it: build options, and the release it came with where that is recent. */
  readonly kernel: string;
  /** Minimal tables that use the feature. They are only checked, never loaded. */
  readonly snippet: string;
}

export interface OptionalFeature extends KernelFeature {
  readonly ability: KernelAbility;
  /** The cost to the user without it, in one sentence. */
  readonly cost: string;
}

/** The name of a table that never exists: the kernel discards a checked one. */
export const SCRATCH_TABLE = "tailnet_share_probe";

const table = (content: string, family = "inet") => `table ${family} ${SCRATCH_TABLE} {\n${content}\n}\n`;
const chain = (hook: string, rule: string) => table(`chain probe { type ${hook}; policy accept; ${rule}\n}`);
const FORWARD = "filter hook forward priority filter";
const INPUT = "filter hook input priority filter";
const OUTPUT = "filter hook output priority filter";

// By number: names would need /etc/protocols, which the image does not have.
const UDP = 17;
const TCP = 6;

/** The kernel data plane needs all of these. */
export const REQUIRED_FEATURES: readonly KernelFeature[] = [
  { kernel: "NF_TABLES, NF_TABLES_INET", snippet: chain(FORWARD, `iifname "${TAILNET_INTERFACE}" drop`) },
  {
    kernel: "NFT_CT, NF_CONNTRACK",
    snippet: chain(FORWARD, "ct state established ct status dnat ct direction original accept"),
  },
  {
    kernel: "NF_CONNTRACK_MARK",
    snippet: table(
      `map marks { type inet_service : mark; elements = { 80 : 80 }; }
chain probe { type ${FORWARD}; policy accept; ct mark set tcp dport map @marks\n}`,
    ),
  },
  {
    kernel: "concatenated set keys (4.1), routes of packets (4.10)",
    snippet: table(
      `set flows { type mark . ipv4_addr . inet_service; elements = { 80 . 127.0.0.1 . 80 }; }
chain probe { type ${FORWARD}; policy accept; ct mark . rt ip nexthop . tcp dport @flows accept\n}`,
    ),
  },
  {
    kernel: "NFT_NAT in family inet (5.2)",
    snippet: table(
      `map targets { type inet_service : ipv4_addr . inet_service; elements = { 80 : 127.0.0.1 . 80 }; }
chain probe { type nat hook prerouting priority dstnat; policy accept; meta nfproto ipv4 dnat ip to tcp dport map @targets\n}`,
    ),
  },
  {
    kernel: "NFT_NAT in family inet, concatenated map keys",
    snippet: table(
      `map targets { type ipv4_addr . inet_service : ipv4_addr . inet_service; elements = { 127.0.0.1 . 80 : 127.0.0.1 . 80 }; }
chain probe { type nat hook output priority -100; policy accept; meta nfproto ipv4 dnat ip to ip daddr . tcp dport map @targets\n}`,
    ),
  },
  {
    kernel: "NFT_MASQ in family inet (5.2)",
    snippet: chain("nat hook postrouting priority srcnat", `meta l4proto ${UDP} masquerade to :1024-32767`),
  },
];

/** The probe reads this snippet's elements back, because kernels before 5.7 accept the counters and ignore them. */
export const COUNTER_SNIPPET = `table inet ${SCRATCH_TABLE}\ndelete table inet ${SCRATCH_TABLE}\n${table(
  "set counts { type mark . ipv4_addr . inet_service; counter; elements = { 80 . 127.0.0.1 . 80 counter packets 0 bytes 7 }; }",
)}`;

/** Only a machine's guard needs it: see `renderSeal`. */
export const SEAL_SNIPPET = table(
  'chain probe { type filter hook egress device "lo" priority filter; policy accept; meta mark set 0\n}',
  "netdev",
);

/** Only a machine's guard needs it: see `renderGuard`. */
export const VISITS_SNIPPET = table(
  `set visits { type ipv4_addr . inet_service . ipv4_addr . inet_service; flags timeout; elements = { 127.0.0.1 . 80 . 127.0.0.1 . 80 timeout 1s }; }
chain probe { type ${OUTPUT}; policy accept; ip saddr . tcp sport . ip daddr . tcp dport @visits meta mark set 1 accept\n}`,
);

/** Each is optional on its own: the ruleset or the machine's guard is rendered without it. */
export const OPTIONAL_FEATURES: readonly OptionalFeature[] = [
  {
    ability: "byte-counts",
    kernel: "counters of set elements (5.7)",
    snippet: COUNTER_SNIPPET,
    cost: "Bytes are not counted.",
  },
  {
    ability: "refusals",
    kernel: "NFT_REJECT_INET",
    snippet: chain(INPUT, `meta l4proto ${TCP} reject with tcp reset`),
    cost: "Closed ports do not answer, instead of refusing at once.",
  },
  {
    ability: "large-udp-answers",
    kernel: "writing to packets, NFT_NUMGEN",
    snippet: chain(
      "filter hook prerouting priority mangle",
      `meta l4proto ${UDP} ip frag-off set 0 ip id set numgen random mod 4294967295`,
    ),
    cost: "The first UDP answer that does not fit the tailnet's packets is lost.",
  },
  {
    ability: "instant-endings",
    kernel: "writing to packets",
    snippet: chain(OUTPUT, "@th,208,8 set 253 tcp flags set ack"),
    cost: "When a share ends, open connections end only when one side sends something.",
  },
  {
    ability: "late-endings",
    kernel: "NFT_FIB_INET, NFT_REJECT_INET",
    snippet: chain(
      INPUT,
      "ct state new fib daddr . iif type local fib saddr . iif oif exists reject with tcp reset",
    ),
    cost: "A container that sends over a connection that has ended gets no answer.",
  },
  {
    ability: "untracked-wireguard",
    kernel: "notrack of NFT_CT, chains before connection tracking",
    snippet: chain("filter hook prerouting priority raw", "notrack"),
    cost: "Containers on shared networks can fill the backend's table of connections with forged senders.",
  },
  {
    ability: "machine-seal",
    kernel: "NETFILTER_EGRESS, netdev egress chains (5.16)",
    snippet: SEAL_SNIPPET,
    cost: "An application with raw sockets in a machine's container can send to the tailnet.",
  },
  {
    ability: "machine-visits",
    kernel: "timeouts of set elements (4.1)",
    snippet: VISITS_SNIPPET,
    cost: "The connection test can't try a share on the node from a machine.",
  },
];
