import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

describe("nobody gets in but where it was shared, and nobody gets out through the backend", () => {
  let bed: Bed;
  let backendAddress: string;
  let hostile: string;
  let nodeAddress: string;
  let secretAddress: string;
  let victimAddress: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await bed.samples.createNetwork("bed-shared");
    await bed.samples.createNetwork("bed-secret");
    const victim = await bed.samples.start({ name: "victim", http: 8080, networks: ["bed-shared"] });
    const secret = await bed.samples.start({ name: "secret", http: 8080, networks: ["bed-secret"] });
    const place = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    victimAddress = await bed.engine.docker(["inspect", "-f", place, victim.id]);
    secretAddress = await bed.engine.docker(["inspect", "-f", place, secret.id]);
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
      // What answers there is no web server, which curl takes for a failure otherwise.
      expect((await attack("curl", "-sS", "--http0.9", "-m", "3", `http://${target}:8000/`)).code).not.toBe(
        0,
      );
      expect((await attack("ping", "-c", "2", "-W", "1", target)).code).not.toBe(0);
    }
  });

  it("nor the tailnet's side of the node itself", async () => {
    for (const port of [8080, 22, 80, 41_641]) {
      expect((await attack("curl", "-sS", "-m", "2", `http://${nodeAddress}:${port}/`)).code).not.toBe(0);
    }
  });

  it("nor a container on another network that the backend has joined", async () => {
    await route(`${secretAddress}/32`);
    expect((await attack("curl", "-sS", "-m", "3", `http://${secretAddress}:8080/`)).code).not.toBe(0);
  });

  it("nor any TCP port of the backend", async () => {
    const scan = async (address: string, first: number, last: number) =>
      await bed.engine.tryDocker(
        [
          "exec",
          hostile,
          "timeout",
          "100",
          "python3",
          "/opt/tcp-scan.py",
          address,
          String(first),
          String(last),
          "1024",
          "0.5",
        ],
        { timeoutMs: 110_000 },
      );
    expect((await scan(victimAddress, 8000, 8100)).stdout.trim(), "the scan sees what is open").toBe("8080");
    expect(await scan(backendAddress, 1, 65_535)).toMatchObject({ code: 0, stdout: "\n" });
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
    await route(`${secretAddress}/32`);
    const before = await flows();
    for (const [source, target, port] of [
      [bed.peer.address, nodeAddress, "8080"],
      [bed.peer.address, secretAddress, "8080"],
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

  it("on the tailnet only the shared ports answer, and tailscaled's own peer API, of all 65,535", async () => {
    const { stdout: status } = await bed.desktop.backend.exec([
      "tailscale",
      "status",
      "--json",
      "--peers=false",
    ]);
    const peerApi = /"http:\/\/100\.[\d.]+:(\d+)"/.exec(status)?.[1] ?? "";
    expect(Number(peerApi)).toBeGreaterThan(1_024);
    const argv = ["python3", "/opt/tcp-scan.py", nodeAddress, "1", "65535"];
    const { stdout, stderr } = await bed.peer.exec(argv, { timeoutMs: 100_000 });
    expect(stdout.trim(), stderr).toBe(`8080 8081 ${peerApi}`);
  });
});
