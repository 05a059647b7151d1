import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { machineUp, openMachineBed } from "../fixtures/machines.ts";
import { liveAddress } from "../fixtures/visits.ts";

/** Sends an echo server datagrams of one size, one after the other and each once. Prints the numbers of those echoed completely. */
const DATAGRAMS = `
import os, socket, sys
host, port, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2); s.connect((host, port))
answered = []
for number in range(1, 11):
    content = bytes([number]) + os.urandom(size - 1)
    s.send(content)
    try:
        if s.recv(65536) == content: answered.append(number)
    except OSError: pass
print(*answered)
`;

/** Downloads a URL's path. Prints the number of bytes and the longest pause between two reads, in seconds. */
const DOWNLOAD = `
import socket, sys, time
host, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.create_connection((host, port), 10); s.settimeout(20)
s.sendall(f'GET {path} HTTP/1.0\\r\\nHost: {host}\\r\\nConnection: close\\r\\n\\r\\n'.encode())
total, longest, last, head = 0, 0.0, time.monotonic(), b''
while True:
    part = s.recv(1 << 20)
    now = time.monotonic(); longest = max(longest, now - last); last = now
    if not part: break
    total += len(part)
    if b'\\r\\n\\r\\n' not in head:
        head += part
        if b'\\r\\n\\r\\n' in head: total = len(head) - head.index(b'\\r\\n\\r\\n') - 4
print(total, round(longest, 3))
`;

/** Sends bytes and closes its side. Prints the number of bytes that the other side has read, and the longest pause. */
const UPLOAD = `
import socket, sys, time
host, port, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.create_connection((host, port), 10); s.settimeout(20)
left, longest, last = memoryview(b'x' * size), 0.0, time.monotonic()
while left:
    left = left[s.send(left[:65536]):]
    now = time.monotonic(); longest = max(longest, now - last); last = now
s.shutdown(socket.SHUT_WR)
head = b''
while b'bytes' not in head:
    part = s.recv(65536)
    if not part: break
    head += part
now = time.monotonic(); longest = max(longest, now - last)
print(head.split(b'read ')[1].split(b' ')[0].decode(), round(longest, 3))
`;

const TEN = "1 2 3 4 5 6 7 8 9 10";
const DOWN = 50_000_000;
const UP = 5_000_000;

describe("packets larger than the tailnet's", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openMachineBed();
    for (const mtu of [1280, 9000])
      await bed.samples.createNetwork(`bed-mtu-${mtu}`, ["-o", `com.docker.network.driver.mtu=${mtu}`]);
  });
  afterAll(async () => await bed?.close());

  async function python(script: string, ...args: readonly (string | number)[]): Promise<string> {
    const argv = ["python3", "-c", script, ...args.map(String)];
    const { stdout, stderr } = await bed.peer.exec(argv, { timeoutMs: 60_000 });
    return stdout.trim() || stderr;
  }

  it.each([1_200, 1_400, 4_096])(
    "answers ten of ten UDP datagrams of %i bytes, from the first on",
    async (size) => {
      // Use a new container for each size: a path MTU that its kernel has learned would hide a fault.
      const name = `echo-${size}`;
      const port = 20_000 + size;
      await bed.samples.start({ name, udp: port });
      await bed.api.putShare(`name:${name}`, { mode: "node" });
      await liveAddress(bed, `name:${name}`);
      expect(await python(DATAGRAMS, "docker.tail.test", port, size)).toBe(TEN);
    },
    60_000,
  );

  it("answers them as a machine, too", async () => {
    await bed.samples.start({ name: "echo", udp: 5300, networks: [bed.tailnet.network.name] });
    await bed.api.putShare("name:echo");
    const { dnsName } = await machineUp(bed, "name:echo");
    expect(await python(DATAGRAMS, dnsName, 5300, 1_400)).toBe(TEN);
    expect(await python(DATAGRAMS, dnsName, 5300, 4_096)).toBe(TEN);
  }, 90_000);

  async function fullSize(host: string, http: number, tcp: number): Promise<void> {
    for (const [text, bytes] of [
      [await python(DOWNLOAD, host, http, `/bytes/${DOWN}`), DOWN],
      [await python(UPLOAD, host, tcp, UP), UP],
    ] as const) {
      const [total, longest] = text.split(" ").map(Number);
      expect(total, text).toBe(bytes);
      expect(longest, "no stall").toBeLessThan(2);
    }
  }

  it.each([1280, 9000])(
    "carries 50 MB down and 5 MB up from a network with an MTU of %i without a stall",
    async (mtu) => {
      const name = `mtu-${mtu}`;
      const [http, tcp] = [10_000 + mtu, 11_000 + mtu];
      await bed.samples.start({ name, http, tcp, networks: [`bed-mtu-${mtu}`] });
      const ports = [http, tcp].map((port) => ({ port, protocol: "tcp" as const }));
      await bed.api.putShare(`name:${name}`, { mode: "node", ports });
      await liveAddress(bed, `name:${name}`);
      await fullSize("docker.tail.test", http, tcp);
    },
    90_000,
  );

  it.each([1280, 9000])(
    "carries the same from a machine on a network with an MTU of %i",
    async (mtu) => {
      const name = `own-${mtu}`;
      await bed.samples.start({
        ...{ name, http: 80, tcp: 81 },
        networks: [bed.tailnet.network.name, `bed-mtu-${mtu}`],
      });
      await bed.api.putShare(`name:${name}`);
      const { dnsName } = await machineUp(bed, `name:${name}`);
      await fullSize(dnsName, 80, 81);
    },
    90_000,
  );
});
