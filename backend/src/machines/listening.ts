import type { ContainerPort, Protocol } from "@tailnet-share/contract/model";

/** Kernel's numbers of 'takes connections' and, for UDP, 'bound and not connected'. Source: proc_net_tcp(5), `include/net/tcp_states.h`. */
const OPEN: Readonly<Record<Protocol, string>> = { tcp: "0A", udp: "07" };
/** More are no list for people, and a line that an engine's log keeps in one piece. */
const MOST_PORTS = 256;
/** From here on the kernel gives out ports by itself. */
const FIRST_EPHEMERAL = 32_768;

/**
 * Ports of a network namespace that something listens on and that can be reached from outside, by number, the lowest 256. `read` gives the text
 * of `/proc/net/<name>`, or throws where there is none; `ownSockets` are the inodes of sockets that do not count.
 */
export function listeningPorts(
  read: (name: string) => string,
  ownSockets: ReadonlySet<string> = new Set(),
): ContainerPort[] {
  const found = new Map<string, ContainerPort>();
  for (const protocol of ["tcp", "udp"] as const) {
    for (const name of [protocol, `${protocol}6`]) {
      for (const line of linesOf(name, read)) {
        const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
        const [address = "", hexPort = ""] = local.split(":");
        const port = Number.parseInt(hexPort, 16);
        if (ownSockets.has(inode)) continue;
        if (state !== OPEN[protocol] || isLoopback(address) || isTailnet(address) || !(port > 0)) continue;
        // Bound by whoever asks for a name or a path; servers choose a number that people can remember.
        if (protocol === "udp" && port >= FIRST_EPHEMERAL) continue;
        found.set(`${port}/${protocol}`, { port, protocol });
      }
    }
  }
  return [...found.values()]
    .sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1))
    .slice(0, MOST_PORTS);
}

function linesOf(name: string, read: (name: string) => string): string[] {
  try {
    return read(name).split("\n").slice(1);
  } catch {
    return [];
  }
}

/** What listens at a tailnet address is tailscaled, for other tailscaleds. */
function isTailnet(hex: string): boolean {
  const [second = 0, first = 0] = [hex.slice(-4, -2), hex.slice(-2)].map((byte) => Number.parseInt(byte, 16));
  const ipv4 = first === 100 && second >= 64 && second < 128;
  return hex.length === 8 ? ipv4 : hex.startsWith("5C117AFD") || (/^0{16}FFFF0000/.test(hex) && ipv4);
}

/** As the kernel prints them: groups of four bytes, each in the machine's own (little) order. */
function isLoopback(hex: string): boolean {
  if (hex.length === 8) return hex.endsWith("7F");
  return hex === "00000000000000000000000001000000" || /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(hex);
}
