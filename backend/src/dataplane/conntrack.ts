import { Protocol } from "@tailnet-share/contract/model";
import { forwardKey } from "./data-plane.ts";

/**
 * Who has a flow open to which forward, from `conntrack -L`: addresses on the tailnet by `forwardKey`, each once. A flow carries
 * the node port that it was opened on as its mark, see the ruleset. TCP counts while it is established, UDP as long as the
 * kernel remembers it (two minutes at most).
 */
export function visitorsByForward(listing: string): ReadonlyMap<string, readonly string[]> {
  const visitors = new Map<string, Set<string>>();
  for (const line of listing.split("\n")) {
    const protocol = Protocol.safeParse(line.split(/\s+/, 1)[0]).data;
    // The first of two: the direction in which the flow was opened.
    const source = / src=(\d+\.\d+\.\d+\.\d+) /.exec(line)?.[1];
    const mark = Number(/ mark=(\d+)/.exec(line)?.[1] ?? 0);
    const open = protocol === "udp" || line.includes(" ESTABLISHED ");
    if (protocol === undefined || source === undefined || mark === 0 || !open) continue;
    const key = forwardKey({ protocol, nodePort: mark });
    visitors.set(key, (visitors.get(key) ?? new Set()).add(source));
  }
  return new Map([...visitors].map(([key, addresses]) => [key, [...addresses].sort()]));
}
