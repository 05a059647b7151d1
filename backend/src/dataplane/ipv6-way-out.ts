import { run } from "../lib/run.ts";
import { TAILNET_INTERFACE } from "../tailscale/interface.ts";

const TABLE = "tailnet_share_way_out";
const REFUSED = "reject with icmpv6 type no-route";
type Verdict = typeof REFUSED | "drop";

/**
 * Keeps the backend's own IPv6 traffic from leaving by a network that it joined: from Engine 29 on, one with IPv6 becomes the IPv6 way
 * out where the extension's own has none, and no gateway priority prevents that. A table of its own, because it is made once, before
 * tailscaled starts. Refused rather than dropped, so that whoever tries goes on with IPv4 at once.
 *
 * `card`: the extension's own network's.
 */
export function renderIpv6WayOut(card: string, verdict: Verdict = REFUSED): string {
  if (!/^[\w.-]{1,15}$/.test(card)) throw new RangeError(`not a card: ${JSON.stringify(card)}`);
  return `table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  chain leaving {
    type filter hook output priority filter; policy accept;
    meta nfproto ipv6 oifname != { "lo", "${TAILNET_INTERFACE}", "${card}" } ${verdict}
  }
}
`;
}

/** Puts that table in place; resolves with why not when the kernel refuses it, else with null. Some kernels are built without `reject`. */
export async function keepIpv6WayOut(card: string): Promise<string | null> {
  let last = "";
  for (const verdict of [REFUSED, "drop"] as const) {
    const { code, stderr } = await run("nft", ["-f", "-"], { input: renderIpv6WayOut(card, verdict) });
    if (code === 0) return null;
    last = stderr.split("\n")[0] ?? `exit code ${code}`;
  }
  return last;
}
