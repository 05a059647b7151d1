import type { NetworkInterfaceInfo } from "node:os";
import { overlaps, TAILNET_SUBNETS } from "../lib/net/subnets.ts";

/** A network of one of this namespace's interfaces, with the interface's address. */
export interface OwnNetwork {
  card: string;
  address: string;
  /** In CIDR notation. */
  subnet: string;
  family: "ip" | "ip6";
}

/** Kernels accept almost any interface name. An unusual name gets no rule. */
const PLAIN_NAME = /^[\w.-]{1,15}$/;

/**
 * Networks of this namespace's interfaces that overlap the tailnet's range, except loopback and the interfaces in `without`.
 * `cards` has the form of `networkInterfaces` in node:os.
 */
export function tailnetLikeNetworks(
  cards: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
  without: readonly string[],
): OwnNetwork[] {
  return Object.entries(cards).flatMap(([card, addresses = []]) =>
    PLAIN_NAME.test(card) && !without.includes(card)
      ? addresses.flatMap(({ address, cidr, family, internal }): OwnNetwork[] => {
          const likeTailnet = !internal && TAILNET_SUBNETS.some((subnet) => overlaps(subnet, cidr ?? ""));
          return likeTailnet && cidr !== null
            ? [{ card, address, subnet: cidr, family: family === "IPv4" ? "ip" : "ip6" }]
            : [];
        })
      : [],
  );
}
