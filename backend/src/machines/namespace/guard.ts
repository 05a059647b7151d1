import { PortNumber } from "@tailnet-share/contract/port";
import { z } from "zod";
import { TAILNET_SUBNETS } from "../../lib/net/subnets.ts";
import type { OwnNetwork } from "../../networks/own-networks.ts";
import { TAILNET_INTERFACE } from "../../tailscale/daemon/interface.ts";

/** Our tables in the network namespace of a machine's container, one in the family `inet` and one in `netdev`. */
export const GUARD_TABLE = "tailnet_share_machine";

/** Exists while one of our programs in the machine's container lists and replaces the guard, or opens it for a visit. */
export const GUARD_LOCK = "/tmp/tailnet-share-guard";
/** Much longer than a program takes for that. Milliseconds. */
export const GUARD_LOCK_MS = 2_000;

/** The set of flows that our own program may open from within the namespace. Each expires after its timeout. */
export const VISITS = "visits";
/** Our program's local ports for visits. Kernels assign none this high, and `forwards` uses lower ones. */
export const VISIT_PORTS = { first: 63_000, last: 64_999 };
/** The opening for a visit expires after this time, even if our program is gone. Seconds. */
export const OPEN_SECONDS = 8;
const VISITS_SET = `set ${VISITS} { type ipv4_addr . inet_service . ipv4_addr . inet_service; flags timeout; }`;

const TAILNET = `"${TAILNET_INTERFACE}"`;

/**
 * Renders the rules for a machine's namespace. They replace tailscale's own firewall rules, which it would leave behind when it ends. One
 * `nft -f` script; replaces itself.
 *
 * - `arriving`: only the tailnet may use the tailnet's addresses. A flow opened from there carries `mark`. Neighbours on a Docker network
 * in that range may use their own addresses, on its interface. Replies to the container's own connections from a non-tailnet address pass
 * from any source.
 * - `passing`: neighbours can't use the container as a route into the tailnet or out of it.
 * - `leaving`, unless `reachTailnet`: the application answers clients from the tailnet and opens no connection to it. An established flow
 * isn't necessarily a client's: raw sockets can forge one on the loopback interface, so only the mark counts. It rejects with a reset,
 * because the kernel may lose an ICMP error during connect and retry a second later. A kernel without `refuses` drops it.
 * - `visits`: single flows that our own program opens for seconds while it visits the node. Empty at all other times. A kernel without
 * `visits` has no sets whose elements time out.
 *
 * `mark`, a 32-bit number, must stay unknown to everybody else in the namespace: see `renderSeal`.
 */
export function renderGuard({
  reachTailnet,
  mark,
  own,
  refuses = true,
  visits = true,
}: {
  reachTailnet: boolean;
  mark: number;
  /** The container's Docker networks whose addresses overlap the tailnet's range. */
  own: readonly OwnNetwork[];
  refuses?: boolean;
  visits?: boolean;
}): string {
  const passes = `meta mark set ${mark} accept`;
  const refusal = refuses
    ? `oifname ${TAILNET} meta l4proto tcp reject with tcp reset
    oifname ${TAILNET} reject`
    : `oifname ${TAILNET} drop`;
  const leaving = reachTailnet
    ? ""
    : `
  chain leaving {
    type filter hook output priority filter; policy accept;
    oifname ${TAILNET} ct mark ${mark} ${passes}
${visits ? `    oifname ${TAILNET} ${VISITING_FLOW} ${passes}\n` : ""}    ${refusal}
  }`;
  const visiting = visits && !reachTailnet ? `\n  ${VISITS_SET}` : "";
  const visitors = reachTailnet ? "" : `\n    iifname ${TAILNET} ct direction original ct mark set ${mark}`;
  return `table inet ${GUARD_TABLE}
delete table inet ${GUARD_TABLE}
table inet ${GUARD_TABLE} {${visiting}
  chain arriving {
    type filter hook input priority filter; policy accept;${visitors}
    iifname { "lo", ${TAILNET} } accept
${own.map(ownRules).join("")}    ip daddr != ${TAILNET_SUBNETS[0]} ${ANSWERS} accept
    ip6 daddr != ${TAILNET_SUBNETS[1]} ${ANSWERS} accept
    ip saddr 100.64.0.0/10 ip saddr != 100.115.92.0/23 drop
    ip6 saddr fd7a:115c:a1e0::/48 drop
  }
  chain passing {
    type filter hook forward priority filter; policy accept;
    iifname ${TAILNET} drop
    oifname ${TAILNET} drop
  }${leaving}
}
`;
}

/** A flow in the set `VISITS`, as a rule matches it. */
const VISITING_FLOW = `ip saddr . tcp sport . ip daddr . tcp dport @${VISITS}`;

const ANSWERS = "ct state established,related ct direction reply";

function ownRules({ card, address, subnet, family }: OwnNetwork): string {
  return `    iifname "${card}" ${family} saddr ${subnet} accept
    iifname "${card}" ${family} daddr ${address} ${ANSWERS} accept
`;
}

const VisitsListing = z.looseObject({
  nftables: z.array(
    z.looseObject({ set: z.looseObject({ elem: z.array(z.unknown()).default([]) }).optional() }),
  ),
});

/** A flow that only our own program makes: from one of its ports, for a bounded time, and not over yet. Times are seconds. */
const OpenVisit = z.looseObject({
  elem: z.looseObject({
    val: z.looseObject({
      concat: z.tuple([z.ipv4(), z.int().min(VISIT_PORTS.first).max(VISIT_PORTS.last), z.ipv4(), PortNumber]),
    }),
    timeout: z.int().positive().max(OPEN_SECONDS),
    expires: z.int().positive().max(OPEN_SECONDS),
  }),
});

/**
 * Renders commands that add the flows of visits in progress, with the seconds that are left of each, from the JSON listing of the set
 * `VISITS`. Leaves out all other elements, which somebody else has added. A visit that ends before its flow is added again leaves it to
 * expire. Source of the form: libnftables-json(5).
 */
export function renderOpenVisits(json: string): string {
  const listing = VisitsListing.safeParse(parsedOrNull(json));
  if (!listing.success) return "";
  return listing.data.nftables
    .flatMap(({ set }) => set?.elem ?? [])
    .map((element) => {
      const visit = OpenVisit.safeParse(element);
      if (!visit.success) return "";
      const { val, timeout, expires } = visit.data.elem;
      const flow = `${val.concat.join(" . ")} timeout ${timeout}s expires ${expires}s`;
      return `add element inet ${GUARD_TABLE} ${VISITS} { ${flow} }\n`;
    })
    .join("");
}

function parsedOrNull(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** The guard's listing without the elements of its sets. */
export function withoutVisits(listing: string): string {
  return listing.replace(/\n\s*elements = \{[^}]*\}/g, "");
}

/** The guard's listing without its mark, which has to stay secret. Another mark in one of the rules stays. */
export function withoutMark(listing: string): string {
  const mark = MARK.exec(listing)?.[1];
  return mark === undefined ? listing : listing.replace(new RegExp(`\\b${mark}\\b`, "g"), "mark");
}

/** The guard's listing without the rules for the container's networks. */
export function withoutOwn(listing: string): string {
  return listing
    .split("\n")
    .filter(
      (line) =>
        !/^\s*iifname "[\w.-]+" ip6? [sd]addr \S+ (?:ct state \S+ ct direction reply )?accept$/.test(line),
    )
    .join("\n");
}

/**
 * The last gate before the tailnet's interface: drops everything that `leaving` has not marked. A packet socket hands its packets to an
 * interface beneath all other rules and may give them any mark, so the mark has to be unguessable. It is removed here, because a packet
 * capture would reveal it. Needs Linux 5.16; before 6.16 the interface has to exist already.
 */
export function renderSeal({ mark }: { mark: number }): string {
  return `table netdev ${GUARD_TABLE}
delete table netdev ${GUARD_TABLE}
table netdev ${GUARD_TABLE} {
  chain leaving {
    type filter hook egress device ${TAILNET} priority filter; policy drop;
    meta mark ${mark} meta mark set 0 accept
  }
}
`;
}

/** Removes one of the tables; no error if it doesn't exist. */
export function withoutGuard(family: "inet" | "netdev"): string {
  return `table ${family} ${GUARD_TABLE}\ndelete table ${family} ${GUARD_TABLE}\n`;
}

/** The mark in a listing of the guard. Returns null if there is none. Source of the form: nft(8), `list table`. */
export function markIn(listing: string): number | null {
  const mark = MARK.exec(listing)?.[1];
  return mark === undefined ? null : Number(mark);
}

const MARK = /\bct mark set (0x[0-9a-f]+)/;
