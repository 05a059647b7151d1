import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import type { Sample } from "../../src/samples.ts";
import { machineContainers, machineUp, openMachineBed, startOnTailnet } from "../fixtures/machines.ts";
import { nft } from "../fixtures/namespaces.ts";
import {
  addressOf,
  handOver,
  type Intruder,
  listenIn,
  type PacketListener,
  startIntruder,
} from "../fixtures/packets.ts";
import { reaches } from "../fixtures/visits.ts";

const GUARDED = "name:ns-guarded";
/** A port of the peer that only packet sockets send to. */
const BENEATH = 8002;

/** Opens a connection and prints the outcome and its duration in milliseconds. */
const CONNECT = `
const [, host, port] = process.argv, began = Date.now();
const end = (how) => { console.log(JSON.stringify({ how, ms: Date.now() - began })); process.exit(0); };
require("node:net").connect({ host, port, timeout: 3000 })
  .on("data", (text) => end(String(text).trim())).on("error", ({ code }) => end(code)).on("timeout", () => end("nothing"));`;

/** Sends datagrams for two seconds and prints the answers. */
const SEND = `
const [, host, port] = process.argv, socket = require("node:dgram").createSocket("udp4");
const end = (how) => { console.log(how); process.exit(0); };
socket.on("message", (text) => end(String(text).trim())).on("error", ({ code }) => end(code));
setInterval(() => socket.send("hello", port, host, () => {}), 200);
setTimeout(() => end("nothing"), 2000);`;

const MASQUERADE = `table ip gateway {
  chain postrouting { type nat hook postrouting priority srcnat + 1; policy accept; oifname "tailscale0" masquerade; }
}`;

/** Permissions and view of a machine's container, as a program in it finds them. */
const CONFINEMENT = `
const { readFileSync, readdirSync, appendFileSync } = require("node:fs"), { join } = require("node:path");
const status = Object.fromEntries(readFileSync("/proc/1/status", "utf8").split("\\n").map((line) => line.split(":\\t"))
  .map(([name, value = ""]) => [name, value.replace(/^0+(?=.)/, "")]));
const tryToWrite = (path) => {
  const file = path.includes(".") || path === "/etc/hosts" ? path : join(path, "new");
  try { appendFileSync(file, ""); return "written"; } catch ({ code }) { return code; }
};
const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\\n").map((line) => line.split(" "));
console.log(JSON.stringify({
  status,
  writes: Object.fromEntries(["/", "/app", "/etc/resolv.conf", "/etc/hosts"].map((path) => [path, tryToWrite(path)])),
  state: readdirSync("/state"),
  ofVolume: mounts.find(([, , , , target]) => target === "/state")?.[3],
  backend: readdirSync("/var/lib/tailnet-share"),
}));`;

describe("a machine's application answers clients, and opens no connection to the tailnet", () => {
  let bed: Bed;
  let sample: Sample;
  /** The sample's address on the Docker network, and its machine's in the tailnet. */
  let neighbourly: string;
  let address: string;
  let intruder: Intruder;
  let peerListener: PacketListener;
  let atPeerBeneath: PacketListener;
  let atSample: PacketListener;

  beforeAll(async () => {
    bed = await openMachineBed();
    // Off by default. Only with it is there a path to the tailnet's IPv6 addresses that needs closing.
    const flags = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=0"];
    sample = await startOnTailnet(bed, "ns-guarded", { udp: 5353, flags });
    // A container that is a gateway: forwarded packets would leave with its own address.
    await nft(bed, sample.id, ["-f", "-"], MASQUERADE);
    expect(await bed.engine.docker(["exec", sample.id, "cat", "/proc/sys/net/ipv4/ip_forward"])).toBe("1");
    await bed.api.putShare(GUARDED);
    address = (await machineUp(bed, GUARDED)).address;
    neighbourly = await addressOf(bed, sample.id);
    const { docker } = bed.engine;
    for (const serve of [
      ["ncat", "-lk", "-p", "8000", "-c", "echo reached"],
      ["socat", "UDP-RECVFROM:8001,fork", "EXEC:cat"],
    ]) {
      await docker(["exec", "-d", bed.peer.containerId, ...serve]);
    }
    intruder = await startIntruder(bed, "ns-intruder", bed.tailnet.network.name);
    await intruder.routeBy("100.64.0.0/10", neighbourly);
    peerListener = await listenIn(bed, bed.peer.containerId, 8000);
    atPeerBeneath = await listenIn(bed, bed.peer.containerId, BENEATH);
    atSample = await listenIn(bed, sample.id, 81);
  });
  afterAll(async () => await bed?.close());

  async function inSample(script: string, ...args: readonly string[]): Promise<string> {
    return await bed.engine.docker(["exec", sample.id, "node", "-e", script, ...args]);
  }

  async function answersVisitors(): Promise<void> {
    await reaches(bed.peer, "http://ns-guarded", `hello to ${bed.peer.address}`);
    const echo = await bed.peer.exec(["python3", "/opt/udp-echo.py", address, "5353", "hello"]);
    expect(echo.stdout).toBe("hello\n");
  }

  async function intruderStaysOut(): Promise<void> {
    expect(await intruder.pings(neighbourly), "what answers a ping is seen").toBe(true);
    for (const target of [bed.peer.address, "100.100.100.100"]) {
      // The server there does not speak HTTP, which curl otherwise treats as a failure.
      expect(await intruder.succeeds("curl", "-sS", "--http0.9", "-m", "2", `http://${target}:8000/`)).toBe(
        false,
      );
      expect(await intruder.pings(target)).toBe(false);
    }
    const sources = await peerListener.allSources();
    for (const source of [address, intruder.address]) await intruder.forge(source, bed.peer.address, 8000);
    expect(await peerListener.allSources()).toEqual(sources);
  }

  it("the application answers on TCP and UDP and sees its clients' tailnet addresses", answersVisitors);

  it("the application opens no connection to another device: TCP is refused at once, UDP gets no answer [S029]", async () => {
    const targets = [bed.peer.address, "fd7a:115c:a1e0::1", "100.100.100.100"];
    for (const target of [...targets, ...targets, ...targets]) {
      const { how, ms } = JSON.parse(await inSample(CONNECT, target, "8000"));
      expect([target, how]).toEqual([target, "ECONNREFUSED"]);
      expect(ms).toBeLessThan(900);
    }
    expect(await inSample(SEND, bed.peer.address, "8001")).toBe("nothing");
    expect(await peerListener.allSources()).toEqual([]);
  });

  /** Injects packets that bypass the rules for the application's output, and answers that it was tricked into sending. */
  async function handsOver(): Promise<void> {
    const peer = { address: bed.peer.address, port: BENEATH };
    await handOver(bed, sample.id, "tailscale0", { address, port: 40_000 }, peer);
    // Comes back in at once, as if the peer had sent it: the kernel itself answers.
    await handOver(bed, sample.id, "lo", peer, { address, port: 80 });
  }

  it("the application reaches no device with raw sockets, neither by sending on the interface itself nor by forging packets that would be answered [S031]", async () => {
    await handsOver();
    expect(await atPeerBeneath.allSources()).toEqual([]);
    await answersVisitors();
  });

  it("a guard that a program with rights in its namespace removed is restored, and that is logged [S032]", async () => {
    const guard = async (family: string) =>
      await nft(bed, sample.id, ["--stateless", "list", "table", family, "tailnet_share_machine"]);
    const tables = [await guard("inet"), await guard("netdev")];
    await bed.api.check(GUARDED);
    expect(await bed.desktop.backend.logs()).not.toContain("machine.guard-restored");
    expect([await guard("inet"), await guard("netdev")]).toEqual(tables);
    await nft(bed, sample.id, ["delete", "table", "netdev", "tailnet_share_machine"]);
    await bed.api.check(GUARDED);
    expect([await guard("inet"), await guard("netdev")]).toEqual(tables);
    expect(await bed.desktop.backend.logs()).toContain("machine.guard-restored");
  });

  it(
    "a neighbour with raw sockets that routes by it reaches no device of the tailnet [S039]",
    intruderStaysOut,
  );

  it("a neighbour does not get in by forging a tailnet address [S040]", async () => {
    for (const source of [bed.peer.address, "100.64.77.77"]) {
      for (const target of [address, neighbourly]) await intruder.forge(source, target, 81);
    }
    expect(await atSample.allSources()).toEqual([]);
    // An honest neighbour gets through: the container's Docker network is outside the guard's scope.
    await intruder.forge(intruder.address, neighbourly, 81);
    expect(await atSample.allSources()).toEqual([intruder.address]);
    expect(await bed.peer.fetch(`http://${address}:81`)).toMatchObject({ ok: false, reason: "refused" });
    expect(await atSample.allSources()).toEqual([intruder.address, bed.peer.address]);
  });

  it("the application reaches other devices when the user allows it, and its neighbours still do not", async () => {
    await bed.api.putShare(GUARDED, { machine: { reachTailnet: true } });
    await expect
      .poll(async () => JSON.parse(await inSample(CONNECT, bed.peer.address, "8000")).how, {
        timeout: 30_000,
      })
      .toBe("reached");
    expect(await inSample(SEND, bed.peer.address, "8001")).toBe("hello");
    expect(await peerListener.allSources(), "what gets through is heard").toEqual([address]);
    await handsOver();
    expect(await atPeerBeneath.allSources(), "also what is handed over").toEqual([address]);
    await answersVisitors();
    await intruderStaysOut();
  });

  it("the application reaches no other device once the user takes that back [S030]", async () => {
    await bed.api.putShare(GUARDED, { machine: { reachTailnet: false } });
    await reaches(bed.peer, "http://ns-guarded.tail.test", "hello");
    await expect
      .poll(async () => JSON.parse(await inSample(CONNECT, bed.peer.address, "8000")).how, {
        timeout: 30_000,
      })
      .toBe("ECONNREFUSED");
    await machineUp(bed, GUARDED);
    await answersVisitors();
    expect(await inSample(SEND, bed.peer.address, "8001")).toBe("nothing");
  });

  it("the machine's container has two capabilities and no files but its own state [S045]", async () => {
    await startOnTailnet(bed, "ns-other");
    await bed.api.putShare("name:ns-other");
    await machineUp(bed, "name:ns-other");
    const machines = await machineContainers(bed);
    expect(machines).toHaveLength(2);
    for (const id of machines) {
      const [{ HostConfig, Mounts, Config }] = JSON.parse(await bed.engine.docker(["inspect", id]));
      expect(HostConfig).toMatchObject({
        CapDrop: ["ALL"],
        CapAdd: ["NET_ADMIN", "NET_RAW"],
        Privileged: false,
        ReadonlyRootfs: true,
        SecurityOpt: ["no-new-privileges:true"],
        RestartPolicy: { Name: "no" },
        Memory: expect.toSatisfy((bytes: number) => bytes > 0 && bytes <= 256 * 1024 ** 2),
        PidsLimit: expect.toSatisfy((most: number) => most > 0 && most <= 256),
        PidMode: "",
        Devices: [expect.objectContaining({ PathInContainer: "/dev/net/tun" })],
      });
      expect(Mounts).toHaveLength(1);
      expect(JSON.stringify(Config)).not.toContain("docker.sock");
      const confinement = JSON.parse(
        await bed.engine.docker(["exec", id, "/usr/local/bin/node", "-e", CONFINEMENT]),
      );
      expect(confinement).toMatchObject({
        // NET_ADMIN and NET_RAW are the bits 12 and 13; seccomp 2 is a filter, the engine's own.
        status: { CapEff: "3000", CapPrm: "3000", CapBnd: "3000", NoNewPrivs: "1", Seccomp: "2" },
        writes: { "/": "EROFS", "/app": "EROFS", "/etc/resolv.conf": "EROFS", "/etc/hosts": "EROFS" },
        ofVolume: expect.toSatisfy((path: string) => /\/machines\/[0-9a-f]{16}\/tailscaled$/.test(path)),
        backend: [],
      });
      expect(confinement.state).toContain("tailscaled.state");
      expect(confinement.state).not.toContain("machine.json");
    }
  });
});
