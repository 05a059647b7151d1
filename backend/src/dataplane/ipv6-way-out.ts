import { run } from "../lib/run.ts";
import { TAILNET_INTERFACE } from "../tailscale/daemon/interface.ts";

const TABLE = "tailnet_share_way_out";
const REFUSED = "reject with icmpv6 type no-route";
type Verdict = typeof REFUSED | "drop";

/**
 * Keeps the backend's own IPv6 traffic off the networks that it joined. Since Engine 29 a joined network with IPv6 becomes the IPv6
 * default route when the extension's own network has none, and no gateway priority prevents that. The table is separate because it
 * is created once, before tailscaled starts. It rejects instead of dropping, so that programs fall back to IPv4 at once.
 *
 * `card`: the interface of the extension's own network.
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

/** Creates the table. Resolves with the kernel's refusal, or null. Some kernels are built without `reject`. */
export async function keepIpv6WayOut(card: string): Promise<string | null> {
  let last = "";
  for (const verdict of [REFUSED, "drop"] as const) {
    const { code, stderr } = await run("nft", ["-f", "-"], { input: renderIpv6WayOut(card, verdict) });
    if (code === 0) return null;
    last = stderr.split("\n")[0] ?? `exit code ${code}`;
  }
  return last;
}
