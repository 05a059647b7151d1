import { ContainerPort, type Protocol } from "@tailnet-share/contract/port";
import { z } from "zod";

/** A port of a network namespace that a program listens on. */
export const Listener = ContainerPort.extend({
  /** Listening addresses in the usual notation. `0.0.0.0` and `::` mean all of their family; a dual-stack socket has both. */
  addresses: z.array(z.string()),
  /** Set when every address is IPv6 and the namespace has no IPv6. Then nothing reaches the program, not even from within. */
  lacksIPv6: z.boolean().optional(),
});
export type Listener = z.infer<typeof Listener>;

/** Sockets to ignore, because no application owns them. */
export interface NotCounted {
  /** Inodes of the sockets of our own programs. */
  ownSockets: ReadonlySet<string>;
  /** Addresses of the tailnet's interface: only tailscaled listens there. */
  tailnetAddresses: ReadonlySet<string>;
}

/** The kernel's state numbers for a listening TCP and an unconnected UDP socket. Source: proc_net_tcp(5), `include/net/tcp_states.h`. */
const OPEN: Readonly<Record<Protocol, string>> = { tcp: "0A", udp: "07" };
/** Docker's embedded DNS server in every container's namespace. */
const ENGINE_RESOLVER = "127.0.0.11";

/**
 * Every listening port of a network namespace, by number. `read` returns the text of `/proc/net/<name>`, or throws when it doesn't
 * exist. The kernel doesn't print whether a socket on `::` accepts IPv4 too; `isIPv6Only` finds out.
 */
export function listenersIn(
  read: (name: string) => string,
  { ownSockets, tailnetAddresses }: NotCounted,
  isIPv6Only: (port: ContainerPort) => boolean = () => false,
): Listener[] {
  const found = new Map<string, { port: number; protocol: Protocol; addresses: Set<string> }>();
  for (const protocol of ["tcp", "udp"] as const) {
    for (const name of [protocol, `${protocol}6`]) {
      for (const line of linesOf(name, read)) {
        const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
        const [hex = "", hexPort = ""] = local.split(":");
        const port = Number.parseInt(hexPort, 16);
        if (state !== OPEN[protocol] || !(port > 0) || ownSockets.has(inode)) continue;
        const address = addressOf(hex);
        if (address === null || address === ENGINE_RESOLVER || tailnetAddresses.has(address)) continue;
        const key = `${port}/${protocol}`;
        const entry = found.get(key) ?? { port, protocol, addresses: new Set() };
        found.set(key, { ...entry, addresses: entry.addresses.add(address) });
      }
    }
  }
  return [...found.values()]
    .sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1))
    .map(({ port, protocol, addresses }) => {
      if (addresses.has("::") && !addresses.has("0.0.0.0") && !isIPv6Only({ port, protocol }))
        addresses.add("0.0.0.0");
      return { port, protocol, addresses: [...addresses].sort() };
    });
}

function linesOf(name: string, read: (name: string) => string): string[] {
  try {
    return read(name).split("\n").slice(1);
  } catch {
    return [];
  }
}

/** Parses an address. Kernels print groups of four bytes in little-endian order. IPv4 within IPv6 becomes IPv4. Null for other forms. */
function addressOf(hex: string): string | null {
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/.test(hex)) return null;
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((group) =>
    (group.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse(),
  );
  if (bytes.length === 4) return bytes.join(".");
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  ).join(":");
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}
