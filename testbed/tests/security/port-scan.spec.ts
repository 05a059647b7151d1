import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../src/bed.ts";
import type { Peer } from "../../src/tailnet/peer.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { addIpv6Peer } from "../fixtures/packets.ts";
import { numbersIn, udpScan } from "../fixtures/udp-scan.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

const Status = z.object({ Self: z.object({ PeerAPIURL: z.array(z.string()) }) });

describe("a device of the tailnet that scans every port of the node", () => {
  let bed: Bed;
  let laptop: Peer;
  /** Scanned as well, to prove that a scan finds open ports. */
  let other: Peer;
  let four: string;
  let six: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    laptop = await addIpv6Peer(bed, "laptop");
    other = await addIpv6Peer(bed, "other");
    await bed.samples.start({ name: "ft-web", http: 8080 });
    await bed.samples.start({ name: "ft-echo", udp: 5353, tcp: 7000 });
    const { node } = await bed.api.snapshot();
    [four = "", six = ""] = node.state === "connected" ? node.addresses : [];
    expect(six).toMatch(/^fd7a:115c:a1e0:/);
  });
  afterAll(async () => await bed?.close());

  async function tcp(address: string, first = 1, last = 65_535): Promise<readonly number[]> {
    // By IPv4 the node refuses, so a silent port means a lost packet; by IPv6 it stays silent.
    const pace = address === six ? ["8192", "1", "2"] : ["2048", "1", "5"];
    const argv = ["python3", "/opt/tcp-scan.py", address, String(first), String(last), ...pace];
    const { stdout, code, stderr } = await laptop.exec(argv, { timeoutMs: 60_000 });
    expect(code, stderr).toBe(0);
    return numbersIn(stdout);
  }

  async function udp(address: string): Promise<readonly number[]> {
    const { stdout, code, stderr } = await laptop.exec(udpScan(address), { timeoutMs: 20_000 });
    expect(code, stderr).toBe(0);
    return numbersIn(stdout);
  }

  /** The port of tailscaled's own peer API, which every device has. */
  async function peerApi(address: string): Promise<number> {
    const argv = ["tailscale", "status", "--json", "--peers=false"];
    const { stdout } = await bed.desktop.backend.exec(argv);
    const { Self } = Status.parse(JSON.parse(stdout));
    const url = Self.PeerAPIURL.find(
      (candidate) => new URL(candidate).hostname.replace(/^\[|\]$/g, "") === address,
    );
    if (url === undefined) throw new Error(`no peer API at ${address}`);
    return Number(new URL(url).port);
  }

  it("uses both families: the node answers pings at each address, and a scan finds what another device serves at its own [S061]", async () => {
    const addresses = (await other.exec(["tailscale", "ip"])).stdout.trim().split("\n");
    const [otherFour = "", otherSix = ""] = addresses;
    expect(otherSix).toMatch(/^fd7a:115c:a1e0:/);
    for (const address of [four, six, otherFour, otherSix]) {
      const ping = await laptop.exec(["tailscale", "ping", "--tsmp", "-c", "5", address], {
        timeoutMs: 40_000,
      });
      expect(ping.code, `${address}: ${ping.stdout}${ping.stderr}`).toBe(0);
    }
    for (const [family, address] of [
      ["4", otherFour],
      ["6", otherSix],
    ] as const) {
      const only = family === "6" ? ",ipv6only" : "";
      const serving = [
        ["socat", `TCP${family}-LISTEN:7100,fork,reuseaddr${only}`, "EXEC:cat"],
        ["socat", `UDP${family}-RECVFROM:5353,fork,reuseaddr${only}`, "EXEC:cat"],
      ];
      for (const serve of serving) await bed.engine.docker(["exec", "-d", other.containerId, ...serve]);
      await expect.poll(async () => await tcp(address, 7000, 7200), { timeout: 20_000 }).toEqual([7100]);
      await expect.poll(async () => await udp(address), { timeout: 20_000 }).toEqual([5353]);
    }
  });

  it.each([
    ["before anything is shared", [], []],
    ["while two containers are", [7000, 8080], [5353]],
    ["and when they are not any more", [], []],
  ])(
    "%s finds shared ports and tailscaled's own peer API, and nothing else [S062]",
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
      // Containers have IPv4 addresses, so there are no shares at the node's IPv6 address.
      expect(tcpSix).toEqual([await peerApi(six)]);
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
