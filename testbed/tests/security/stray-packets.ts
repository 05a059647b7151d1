import type { Bed } from "../../src/bed.ts";
import type { Intruder } from "../fixtures/packets.ts";

const STRAYS = `
import socket, struct, sys, time
def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data)//2), data)); total = (total >> 16) + (total & 0xffff); total += total >> 16
    return ~total & 0xffff
source, target = sys.argv[1:3]
ends = socket.inet_aton(source) + socket.inet_aton(target)
ear = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP); ear.settimeout(0.2)
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
ACK, RST, answered = 16, 4, 0
for port in range(50000, 50010):
    tcp = struct.pack('!HHIIBBHHH', 8080, port, 1, 7, 5 << 4, ACK, 1024, 0, 0)
    tcp = tcp[:16] + struct.pack('!H', checksum(ends + struct.pack('!HH', 6, 20) + tcp)) + tcp[18:]
    s.sendto(struct.pack('!BBHHHBBH', 0x45, 0, 40, 1, 0, 64, 6, 0) + ends + tcp, (target, 0))
end = time.monotonic() + 1
while time.monotonic() < end:
    try: packet = ear.recv(2048)
    except OSError: continue
    head = (packet[0] & 15) * 4
    if packet[12:16] == socket.inet_aton(target) and packet[head + 13] & RST: answered += 1
print(answered)
`;

/** Sends acknowledgements of connections that don't exist. Returns the number of resets that come back to the intruder. */
export async function resetsOfStrays(
  bed: Pick<Bed, "engine">,
  intruder: Intruder,
  { source, target }: { readonly source: string; readonly target: string },
): Promise<number> {
  const argv = ["timeout", "20", "python3", "-c", STRAYS, source, target];
  return Number(await bed.engine.docker(["exec", intruder.containerId, ...argv]));
}
