import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../src/bed.ts";
import type { Peer } from "../src/tailnet/peer.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { addIpv6Peer } from "./fixtures/packets.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

/** What services of many kinds listen on, tailscaled's own among them. */
const COMMON_UDP = [
  ...[7, 19, 53, 67, 68, 69, 88, 111, 123, 137, 138, 161, 162, 389, 427, 443, 464, 500, 514, 520, 623, 631],
  ...[1194, 1434, 1701, 1812, 1900, 2049, 3478, 4500, 4789, 5060, 5351, 5353, 5683, 6881, 8472, 10000],
  ...[11211, 17500, 27015, 33434, 41641, 51820, 60000],
];

const Status = z.object({ Self: z.object({ PeerAPIURL: z.array(z.string()) }) });

/** Prints the UDP ports that answer, be it with nonsense. */
const UDP_SCAN = `
import socket, sys, time
host, ports = sys.argv[1], [int(port) for port in sys.argv[2].split(',')]
probe = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
probe.settimeout(0.2)
found, end, next_round = set(), time.monotonic() + 3, 0
while time.monotonic() < end:
    if time.monotonic() >= next_round:
        next_round = time.monotonic() + 1
        for port in ports: probe.sendto(b'hello', (host, port))
    try: found.add(probe.recvfrom(2048)[1][1])
    except OSError: pass
print(*sorted(found))`;

describe("a device of the tailnet that tries every port of the node", () => {
  let bed: Bed;
  let laptop: Peer;
  let four: string;
  let six: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    laptop = await addIpv6Peer(bed, "laptop");
    await bed.samples.start({ name: "ft-web", http: 8080 });
    await bed.samples.start({ name: "ft-echo", udp: 5353, tcp: 7000 });
    const { node } = await bed.api.snapshot();
    [four = "", six = ""] = node.state === "connected" ? node.addresses : [];
    expect(six).toMatch(/^fd7a:115c:a1e0:/);
  });
  afterAll(async () => await bed?.close());

  const numbers = (text: string): readonly number[] => text.trim().split(" ").filter(Boolean).map(Number);

  async function tcp(address: string): Promise<readonly number[]> {
    // By IPv4 the node refuses, so what says nothing was lost; by IPv6 it says nothing.
    const pace = address === six ? ["8192", "1", "2"] : ["2048", "1", "5"];
    const argv = ["python3", "/opt/tcp-scan.py", address, "1", "65535", ...pace];
    const { stdout, code, stderr } = await laptop.exec(argv, { timeoutMs: 60_000 });
    expect(code, stderr).toBe(0);
    return numbers(stdout);
  }

  async function udp(address: string): Promise<readonly number[]> {
    const argv = ["python3", "-c", UDP_SCAN, address, COMMON_UDP.join(",")];
    const { stdout, code, stderr } = await laptop.exec(argv, { timeoutMs: 20_000 });
    expect(code, stderr).toBe(0);
    return numbers(stdout);
  }

  /** Where tailscaled's own peer API answers; every device has one. */
  async function peerApi(address: string): Promise<number> {
    const argv = ["tailscale", "status", "--json", "--peers=false"];
    const { stdout } = await bed.desktop.backend.exec(argv);
    const { Self } = Status.parse(JSON.parse(stdout));
    const url = Self.PeerAPIURL.find((one) => new URL(one).hostname.replace(/^\[|\]$/g, "") === address);
    return Number(new URL(url ?? "http://nowhere").port);
  }

  it.each([
    ["before anything is shared", [], []],
    ["while two containers are", [7000, 8080], [5353]],
    ["and when they are not any more", [], []],
  ])(
    "%s finds what is shared and tailscaled's own peer API, and nothing else",
    async (_when, ports, datagrams) => {
      const shares = ["name:ft-web", "name:ft-echo"];
      for (const share of shares) {
        if (ports.length === 0) await bed.api.deleteShare(share);
        else await liveAddress(bed, share, await bed.api.putShare(share, portsOf(share)));
      }
      if (ports.length > 0) await reaches(laptop, `http://${four}:8080`, "ft-web says hello");
      const [tcpFour, tcpSix] = await Promise.all([tcp(four), tcp(six)]);
      expect(tcpFour).toEqual([...ports, await peerApi(four)]);
      expect(await udp(four)).toEqual(datagrams);
      const apiOnSix = await peerApi(six);
      // Containers have IPv4 addresses, so nothing is shared at the node's other one.
      expect(tcpSix.filter((port) => port !== apiOnSix)).toEqual([]);
      expect(await udp(six)).toEqual([]);
    },
  );

  function portsOf(share: string): NonNullable<Parameters<typeof bed.api.putShare>[1]> {
    return share === "name:ft-web"
      ? { ports: [{ port: 8080, protocol: "tcp" }] }
      : {
          ports: [
            { port: 7000, protocol: "tcp" },
            { port: 5353, protocol: "udp" },
          ],
        };
  }
});
