import type { NetworkInterfaceInfo } from "node:os";
import { overlaps, TAILNET_SUBNETS } from "./subnets.ts";

/** A network that a card of this namespace is on, with the card's address there. */
export interface OwnNetwork {
  card: string;
  address: string;
  /** In CIDR notation. */
  subnet: string;
  family: "ip" | "ip6";
}

/** Kernels take almost any name; one that is not plain gets no rule of its own. */
const PLAIN_NAME = /^[\w.-]{1,15}$/;

/**
 * The networks of this namespace's cards whose addresses could be a tailnet's, but for the loopback interface and those in `without`.
 * `cards` as `networkInterfaces` of node:os answers.
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
