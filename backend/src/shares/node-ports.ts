import { AppError } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { PutShare, SharedPort } from "@tailnet-share/contract/share";
import type { StoredShare } from "./stored-share.ts";

/** A TCP port of the node that no share may have. */
export interface ReservedPort {
  readonly port: number;
  /** For messages: 'used by …'. */
  readonly by: string;
}

type WantedPort = NonNullable<PutShare["ports"]>[number];

/**
 * Assigns every wanted port its port on the node: the requested one, else the one that this share had for it, else the container's own
 * number, else the next free one. Pure.
 * Throws `AppError("NODE_PORT_TAKEN")` if a requested port belongs to another share or is reserved, and `AppError("BAD_REQUEST")` if a port is listed
 * twice or a UDP port asks for HTTPS.
 */
export function assignNodePorts(
  wanted: readonly WantedPort[],
  own: StoredShare | undefined,
  otherShares: readonly StoredShare[],
  reserved: readonly ReservedPort[] = [],
): SharedPort[] {
  const key = ({ port, protocol }: ContainerPort) => `${port}/${protocol}`;
  if (new Set(wanted.map(key)).size < wanted.length) {
    throw new AppError("BAD_REQUEST", "A port stands in the list twice.", "Name each port once.");
  }
  if (wanted.some(({ protocol, https }) => https === true && protocol !== "tcp")) {
    throw new AppError("BAD_REQUEST", "HTTPS needs a TCP port.", "Share the UDP port without HTTPS.");
  }
  const owner = new Map<string, string>();
  const taken = (port: number, protocol: string) => owner.has(`${port}/${protocol}`);
  for (const { port, by } of reserved) owner.set(`${port}/tcp`, by);
  for (const share of otherShares)
    for (const p of share.ports) owner.set(`${p.nodePort}/${p.protocol}`, share.name);

  // Assign requested numbers first, so that no other port of this share takes them.
  const before = new Map((own?.ports ?? []).map((port) => [key(port), port]));
  const order = [...wanted].sort((a, b) => rank(a, before.has(key(a))) - rank(b, before.has(key(b))));
  const assigned = new Map<string, number>();
  for (const want of order) {
    const { port, protocol, nodePort } = want;
    if (nodePort !== undefined && taken(nodePort, protocol)) {
      throw new AppError(
        "NODE_PORT_TAKEN",
        `Port ${nodePort} on this node is used by ${owner.get(`${nodePort}/${protocol}`)}.`,
        `Port ${nextFree(nodePort, (p) => taken(p, protocol))} is free.`,
      );
    }
    const chosen = nodePort ?? nextFree(before.get(key(want))?.nodePort ?? port, (p) => taken(p, protocol));
    owner.set(`${chosen}/${protocol}`, own?.name ?? "this share");
    assigned.set(key(want), chosen);
  }
  return wanted.map(({ port, protocol, ...rest }) => ({
    port,
    protocol,
    nodePort: assigned.get(`${port}/${protocol}`) ?? rest.nodePort ?? port,
    ...((rest.https ?? before.get(`${port}/${protocol}`)?.https) ? { https: true } : {}),
  }));
}

function rank(want: WantedPort, kept: boolean): number {
  if (want.nodePort !== undefined) return 0;
  return kept ? 1 : 2;
}

/** The first free port from `start` upward. Wraps around to the lowest unprivileged port at the end. */
function nextFree(start: number, taken: (port: number) => boolean): number {
  for (let port = start; port <= 65_535; port += 1) if (!taken(port)) return port;
  for (let port = 1_024; port < start; port += 1) if (!taken(port)) return port;
  throw new AppError(
    "NODE_PORT_TAKEN",
    "All ports of this node are in use.",
    "Switch off shares that you no longer need.",
  );
}
