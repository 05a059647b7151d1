import { z } from "zod";

/*
 * The other devices in `ipnstate.Status`, limited to how they exchange packets with a node.
 * Source: tailscale 1.102.3, `ipn/ipnstate/ipnstate.go`.
 */

/** A device of the tailnet, as a node sees it. */
export interface Peer {
  /** The control server's ID for it. */
  readonly id: string;
  /** The device's name in the tailnet, without the domain. */
  readonly name: string;
  /** The device's addresses in the tailnet. */
  readonly addresses: readonly string[];
  /** The device's user; empty for a tagged device. */
  readonly user: string;
  /** Connected to the control server, according to that server. */
  readonly online: boolean;
  /** Speaks only WireGuard and answers no pings, like a commercial exit node (Mullvad). */
  readonly mute: boolean;
  /** This node sent it something within the last 45 s. */
  readonly active: boolean;
  /** How packets go to it; null while none do. */
  readonly path: "direct" | "relayed" | null;
  /** Bytes from it, including WireGuard's overhead. Both counters reset when tailscaled restarts or forgets an idle device. */
  readonly received: number;
  readonly sent: number;
}

export const PeersAnswer = z.object({
  Peer: z
    .record(
      z.string(),
      z.object({
        ID: z.string(),
        HostName: z.string().default(""),
        DNSName: z.string().default(""),
        TailscaleIPs: z.array(z.string()).nullish(),
        UserID: z.number().default(0),
        Tags: z.array(z.string()).nullish(),
        Online: z.boolean().default(false),
        /** The device's location, which is present only for commercial exit nodes. */
        Location: z.unknown().optional(),
        Active: z.boolean().default(false),
        CurAddr: z.string().default(""),
        RxBytes: z.number().default(0),
        TxBytes: z.number().default(0),
      }),
    )
    .nullish(),
  User: z.record(z.string(), z.object({ LoginName: z.string() })).nullish(),
});

export function peersOf({ Peer, User }: z.infer<typeof PeersAnswer>): Peer[] {
  return Object.values(Peer ?? {}).map((peer) => ({
    id: peer.ID,
    name: peer.DNSName.split(".")[0] || peer.HostName,
    addresses: peer.TailscaleIPs ?? [],
    user: peer.Tags?.length ? "" : (User?.[String(peer.UserID)]?.LoginName ?? ""),
    online: peer.Online,
    mute: peer.Location !== undefined && peer.Location !== null,
    active: peer.Active,
    path: pathOf(peer),
    received: peer.RxBytes,
    sent: peer.TxBytes,
  }));
}

/** Returns at most `most` devices that may answer a ping. Recently active ones come first: they answer fastest. Pure. */
export function likelyToAnswer(peers: readonly Peer[], most: number): Peer[] {
  const active: Peer[] = [];
  const inactive: Peer[] = [];
  for (const peer of peers) {
    if (active.length === most) break;
    if (!peer.online || peer.mute) continue;
    if (peer.active) active.push(peer);
    else if (inactive.length < most) inactive.push(peer);
  }
  return [...active, ...inactive].slice(0, most);
}

/** A relay run by a peer is a relay, too: only `CurAddr` means a direct path. */
function pathOf({ Active, CurAddr }: { Active: boolean; CurAddr: string }): Peer["path"] {
  if (!Active) return null;
  return CurAddr === "" ? "relayed" : "direct";
}
