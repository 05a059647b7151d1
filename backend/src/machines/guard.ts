import { TAILNET_INTERFACE } from "../tailscale/interface.ts";

/** Our one table in the network namespace of a container that is a machine. */
export const GUARD_TABLE = "tailnet_share_machine";

/**
 * What stands in a machine's namespace instead of tailscale's own firewall rules, which it would leave behind when it ends.
 * One `nft -f` script; replaces itself.
 *
 * - `arriving`: nobody but the tailnet may use the tailnet's addresses.
 * - `passing`: the container is no way into the tailnet for its neighbours, nor out of it.
 * - `leaving`, unless `reachTailnet`: the application answers visitors from the tailnet and opens no connection to it. Refused by
 *   a reset: the kernel may lose an ICMP error for a connection that is just being opened, and tries again a second later.
 */
export function renderGuard({ reachTailnet }: { reachTailnet: boolean }): string {
  const tailnet = `"${TAILNET_INTERFACE}"`;
  const leaving = reachTailnet
    ? ""
    : `
  chain leaving {
    type filter hook output priority filter; policy accept;
    oifname ${tailnet} ct state new meta l4proto tcp reject with tcp reset
    oifname ${tailnet} ct state new reject
  }`;
  return `table inet ${GUARD_TABLE}
delete table inet ${GUARD_TABLE}
table inet ${GUARD_TABLE} {
  chain arriving {
    type filter hook input priority filter; policy accept;
    iifname { "lo", ${tailnet} } accept
    ip saddr 100.64.0.0/10 ip saddr != 100.115.92.0/23 drop
    ip6 saddr fd7a:115c:a1e0::/48 drop
  }
  chain passing {
    type filter hook forward priority filter; policy accept;
    iifname ${tailnet} drop
    oifname ${tailnet} drop
  }${leaving}
}
`;
}
