import type { Bed } from "../../src/bed.ts";
import type { Intruder } from "../fixtures/packets.ts";

const FRAMES = `
import socket, struct, sys, time
ARP, IPV4, IPV6, TCP, UDP, ICMPV6 = 0x0806, 0x0800, 0x86dd, 6, 17, 58
def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack('!%dH' % (len(data)//2), data)); total = (total >> 16) + (total & 0xffff); total += total >> 16
    return ~total & 0xffff
card = lambda text: bytes(int(part, 16) for part in text.split(':'))
address = lambda text: socket.inet_pton(socket.AF_INET6 if ':' in text else socket.AF_INET, text)
def ip(source, target, protocol, content, at):
    # 'at' is where the checksum of the content stands.
    ends = address(source) + address(target)
    whole = checksum(ends + struct.pack('!IHBB', len(content), 0, 0, protocol) + content)
    content = content[:at] + struct.pack('!H', whole) + content[at + 2:]
    if ':' in target: return struct.pack('!HIHBB', IPV6, 6 << 28, len(content), protocol, 255) + ends + content
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(content), 1, 0, 64, protocol, 0)
    return struct.pack('!H', IPV4) + head[:10] + struct.pack('!H', checksum(head + ends)) + ends + content
def questions(to, own, source, target, port):
    tcp = struct.pack('!HHIIBBHHH', 40000, port, 1, 0, 5 << 4, 2, 1024, 0, 0)
    udp = struct.pack('!HHHH', 40000, port, 13, 0) + b'hello'
    return [ip(source, target, TCP, tcp, 16), ip(source, target, UDP, udp, 6)]
def claims(to, own, source, target, port):
    # 'I have the address source', said to whoever has the address target, also to one that has not asked or knows another card.
    if ':' in target:
        answer = struct.pack('!BBHI', 136, 0, 0, 0x60000000) + address(source) + b'\\x02\\x01' + card(own)
        return [ip(source, target, ICMPV6, answer, 2)]
    return [struct.pack('!HHHBBH', ARP, 1, IPV4, 6, 4, 2) + card(own) + address(source) + card(to) + address(target)]
kind, interface, seconds = sys.argv[1:4]
frames = []
for at in range(4, len(sys.argv), 5):
    to, own, source, target, port = sys.argv[at:at + 5]
    contents = (questions if kind == 'ask' else claims)(to, own, source, target, int(port))
    frames += [card(to) + card(own) + content for content in contents]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((interface, 0))
end, count = time.monotonic() + float(seconds), 0
while count < 20 or time.monotonic() < end:
    for frame in frames: s.send(frame)
    count += 1
    time.sleep(0.05 if count >= 20 else 0.01)
print('sent')
`;

export interface Frame {
  /** MAC addresses, as in `02:42:ac:11:00:02`. */
  readonly to: string;
  readonly from: string;
  /** Two IPv4 or two IPv6 addresses. */
  readonly source: string;
  readonly target: string;
  /** The target's port. */
  readonly port: number;
}

/** A sender of whole Ethernet frames. That requires NET_RAW, which Docker grants to every container. */
export interface Forger {
  /** The sender's own MAC address on the network. */
  readonly card: string;
  /** Sends each `target` a TCP connection request and a datagram, with the frame's MAC addresses, twenty times. */
  ask(...frames: readonly Frame[]): Promise<void>;
  /**
   * Announces for `seconds`, to the MAC address `to` and the address `target`, that `source` is at the MAC address `from`: by ARP, or by a
   * neighbour advertisement for IPv6 addresses.
   */
  claim(seconds: number, ...frames: readonly Omit<Frame, "port">[]): Promise<void>;
  /** Adds a static neighbour entry for an address, without any answer from it. */
  locate(address: string, card: string): Promise<void>;
}

/** `network`: name of a network that the intruder is on. */
export async function forgerOn(
  bed: Pick<Bed, "engine">,
  { containerId }: Pick<Intruder, "containerId">,
  network: string,
): Promise<Forger> {
  const card = await cardOf(bed, containerId, network);
  const links = await bed.engine.docker(["exec", containerId, "ip", "-o", "link"]);
  const line = links.split("\n").find((candidate) => candidate.includes(card));
  const own = /^\d+: ([^@:]+)/.exec(line ?? "")?.[1];
  if (own === undefined) throw new Error(`no card on ${network}`);
  const send = async (kind: "ask" | "claim", seconds: number, frames: readonly Frame[]) => {
    const words = frames.flatMap(({ to, from, source, target, port }) => [
      to,
      from,
      source,
      target,
      String(port),
    ]);
    const argv = ["timeout", "60", "python3", "-c", FRAMES, kind, own, String(seconds), ...words];
    await bed.engine.docker(["exec", containerId, ...argv], { timeoutMs: 70_000 });
  };
  return {
    card,
    ask: async (...frames) => await send("ask", 0, frames),
    claim: async (seconds, ...frames) =>
      await send(
        "claim",
        seconds,
        frames.map((frame) => ({ ...frame, port: 0 })),
      ),
    locate: async (address, at) => {
      const entry = [address, "lladdr", at, "dev", own, "nud", "permanent"];
      await bed.engine.docker(["exec", containerId, "ip", "neigh", "replace", ...entry]);
    },
  };
}

/** A container's MAC address on a network. */
export async function cardOf(
  { engine }: Pick<Bed, "engine">,
  containerId: string,
  network: string,
): Promise<string> {
  const format = `{{with index .NetworkSettings.Networks "${network}"}}{{.MacAddress}}{{end}}`;
  return await engine.docker(["inspect", "-f", format, containerId]);
}
