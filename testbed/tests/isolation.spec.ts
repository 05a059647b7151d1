import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

describe("nobody gets in but where it was shared, and nobody gets out through the backend", () => {
  let bed: Bed;
  let backendAddress: string;
  let hostile: string;
  let nodeAddress: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await bed.samples.createNetwork("bed-shared");
    await bed.samples.createNetwork("bed-secret", ["--subnet", "172.29.77.0/24"]);
    await bed.samples.start({ name: "victim", http: 8080, networks: ["bed-shared"] });
    await bed.samples.start({
      name: "secret",
      http: 8080,
      networks: ["bed-secret"],
      flags: ["--ip", "172.29.77.9"],
    });
    // Both networks are joined by the backend while this goes on.
    const address = await liveAddress(bed, "name:victim", await bed.api.putShare("name:victim"));
    await liveAddress(bed, "name:secret", await bed.api.putShare("name:secret"));
    await reaches(bed.peer, address, "victim says hello");
    const places = await bed.engine.docker([
      "inspect",
      "-f",
      "{{range $name, $net := .NetworkSettings.Networks}}{{$name}}={{$net.IPAddress}} {{end}}",
      bed.desktop.backend.containerId,
    ]);
    backendAddress = /bed-shared=(\S+)/.exec(places)?.[1] ?? "";
    const { node } = await bed.api.snapshot();
    nodeAddress = node.state === "connected" ? (node.addresses[0] ?? "") : "";
    // The peer's image has the tools; this one is no device of the tailnet, but may forge packets and change its routes.
    hostile = await bed.engine.docker([
      "run",
      "-d",
      "--network",
      "bed-shared",
      "--cap-add",
      "NET_ADMIN",
      "--cap-add",
      "NET_RAW",
      "--label",
      `tailnet-share.bed=${bed.id}`,
      bed.images.peer,
      "sleep",
      "infinity",
    ]);
  });
  afterAll(async () => await bed?.close());

  const attack = async (...argv: string[]) =>
    await bed.engine.tryDocker(["exec", hostile, "timeout", "20", ...argv], { timeoutMs: 30_000 });
  const route = async (target: string) => {
    const { code, stderr } = await attack("ip", "route", "replace", target, "via", backendAddress);
    expect(code, stderr).toBe(0);
  };

  it("a container with raw sockets that routes by the backend reaches no device of the tailnet", async () => {
    await bed.engine.docker([
      "exec",
      "-d",
      bed.peer.containerId,
      "ncat",
      "-lk",
      "-p",
      "8000",
      "-c",
      "echo reached",
    ]);
    await expect
      .poll(async () => (await bed.peer.exec(["ncat", "-z", "127.0.0.1", "8000"])).code, { timeout: 10_000 })
      .toBe(0);
    await route("100.64.0.0/10");
    for (const target of [bed.peer.address, "100.100.100.100"]) {
      expect((await attack("curl", "-sS", "-m", "3", `http://${target}:8000/`)).code).not.toBe(0);
      expect((await attack("ping", "-c", "2", "-W", "1", target)).code).not.toBe(0);
    }
  });

  it("nor the tailnet's side of the node itself", async () => {
    for (const port of [8080, 22, 80, 41_641]) {
      expect((await attack("curl", "-sS", "-m", "2", `http://${nodeAddress}:${port}/`)).code).not.toBe(0);
    }
  });

  it("nor a container on another network that the backend has joined", async () => {
    await route("172.29.77.0/24");
    expect((await attack("curl", "-sS", "-m", "3", "http://172.29.77.9:8080/")).code).not.toBe(0);
  });

  it("nor any TCP port of the backend", async () => {
    const scan =
      "import socket,sys\nfor p in range(1,65536):\n s=socket.socket(); s.settimeout(.0005)\n try:\n  s.connect((sys.argv[1],p)); print(p)\n except OSError: pass\n s.close()";
    const result = await bed.engine.tryDocker(
      ["exec", hostile, "timeout", "100", "python3", "-c", scan, backendAddress],
      { timeoutMs: 110_000 },
    );
    expect(result).toMatchObject({ code: 0, stdout: "" });
  });

  it("forged frames that claim to come from the tailnet or from a share's target get no answer and open no way", async () => {
    const forge = `
import socket, struct, sys
def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data)//2), data)); total = (total >> 16) + (total & 0xffff); total += total >> 16
    return ~total & 0xffff
source, target, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
tcp = struct.pack('!HHIIBBHHH', 40000, port, 1, 0, 5 << 4, 2, 1024, 0, 0)
pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack('!BBH', 0, 6, len(tcp))
tcp = tcp[:16] + struct.pack('!H', checksum(pseudo + tcp)) + tcp[18:]
head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, socket.inet_aton(source), socket.inet_aton(target))
for _ in range(20): s.sendto(head + tcp, (target, 0))
print('sent')
`;
    await route("100.64.0.0/10");
    await route("172.29.77.0/24");
    const before = await flows();
    for (const [source, target, port] of [
      [bed.peer.address, nodeAddress, "8080"],
      [bed.peer.address, "172.29.77.9", "8080"],
      [nodeAddress, bed.peer.address, "8000"],
    ] as const) {
      const { stdout, stderr } = await attack("python3", "-c", forge, source, target, port);
      expect(stdout, stderr).toContain("sent");
    }
    expect(await flows()).toBe(before);
  });

  /** Connections that the backend translates or routes between two others, as its kernel knows them. */
  async function flows(): Promise<string> {
    const { stdout } = await bed.desktop.backend.exec([
      "conntrack",
      "-L",
      "-p",
      "tcp",
      "--src",
      bed.peer.address,
      "--sport",
      "40000",
    ]);
    return stdout.trim();
  }

  it("the backend's API is on no network, and its socket in no container's reach", async () => {
    const { stdout } = await bed.desktop.backend.exec([
      "node",
      "-e",
      "console.log(require('fs').readFileSync('/proc/net/tcp','utf8'))",
    ]);
    const listening = stdout
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words[3] === "0A");
    const tailnet = nodeAddress
      .split(".")
      .reverse()
      .map((part) => Number(part).toString(16).padStart(2, "0"))
      .join("")
      .toUpperCase();
    const loopback = /^0B00007F:|^0100007F:/;
    // Docker's resolver on loopback and tailscaled's own peer API on the tailnet address, which the input chain closes.
    expect(
      listening.filter(([, local = ""]) => !loopback.test(local) && !local.startsWith(`${tailnet}:`)),
    ).toEqual([]);
  });

  it("on the tailnet only the shared ports answer, of all 65,535", async () => {
    const scan = `
import asyncio, sys
async def probe(port, gate, found):
    async with gate:
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(sys.argv[1], port), 3)
            writer.close(); found.append(port)
        except (OSError, asyncio.TimeoutError): pass
async def main():
    gate, found = asyncio.Semaphore(400), []
    await asyncio.gather(*(probe(port, gate, found) for port in range(1, 65536)))
    print(*sorted(found))
asyncio.run(main())
`;
    const { stdout, stderr } = await bed.peer.exec(["python3", "-c", scan, nodeAddress], {
      timeoutMs: 100_000,
    });
    expect(stdout.trim(), stderr).toBe("8080 8081");
  });
});
