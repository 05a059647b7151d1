import { faultOf } from "@tailnet-share/contract/check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { addressesOn } from "../fixtures/packets.ts";
import { liveAddress, reaches, refused } from "../fixtures/visits.ts";

describe("a share on the node", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  /** Switches on, visits by MagicDNS name, switches off, and expects a refusal. */
  async function roundTrip(name: string, port: number): Promise<void> {
    const snapshot = await bed.api.putShare(`name:${name}`, { ports: [{ port, protocol: "tcp" }] });
    const address = await liveAddress(bed, `name:${name}`, snapshot);
    expect(address).toMatch(/^http:\/\/docker\.tail\.test/);
    await reaches(bed.peer, address, `${name} says hello`);
    await bed.api.deleteShare(`name:${name}`);
    await refused(bed.peer, address);
  }

  it("reaches a container that publishes and declares no port, by name, and is refused when it is off [S063]", async () => {
    await bed.samples.start({ name: "plain", http: 8080, expose: [] });
    await roundTrip("plain", 8080);
  });

  it("reaches a container on a custom network", async () => {
    await bed.samples.createNetwork("bed-custom");
    await bed.samples.start({ name: "custom", http: 8080, networks: ["bed-custom"] });
    await roundTrip("custom", 8080);
  });

  it("shows the container the extension's address on its network, and not the client's", async () => {
    await bed.samples.createNetwork("bed-seen");
    const { id } = await bed.samples.start({ name: "seen", http: 8080, networks: ["bed-seen"] });
    const address = await liveAddress(bed, "name:seen", await bed.api.putShare("name:seen"));
    const { four } = await addressesOn(bed, bed.desktop.backend.containerId, "bed-seen");
    await reaches(bed.peer, address, `seen says hello to ${four}`);
    expect(await bed.engine.docker(["logs", id])).toContain(`visit from ${four}`);
    await bed.api.deleteShare("name:seen");
  });

  it("reaches a container on an internal network", async () => {
    await bed.samples.createNetwork("bed-internal", ["--internal"]);
    await bed.samples.start({ name: "internal", http: 8080, networks: ["bed-internal"] });
    await roundTrip("internal", 8080);
  });

  it("reaches a container on two networks", async () => {
    await bed.samples.createNetwork("bed-two-a");
    await bed.samples.createNetwork("bed-two-b");
    await bed.samples.start({ name: "two", http: 8080, networks: ["bed-two-b", "bed-two-a"] });
    await roundTrip("two", 8080);
  });

  it("reaches a container in another one's network namespace, and one on the host's network", async () => {
    const owner = await bed.samples.start({ name: "owner", tcp: 6000 });
    await bed.samples.start({ name: "guest", http: 8080, networks: [`container:${owner.id}`], expose: [] });
    await roundTrip("guest", 8080);
    await bed.samples.start({ name: "on-host", http: 8181, networks: ["host"], expose: [] });
    await roundTrip("on-host", 8181);
  });

  it("carries a Redis-like exchange, and a half-closed connection that waits for the answer", async () => {
    await bed.samples.start({ name: "store", tcp: 6379 });
    const snapshot = await bed.api.putShare("name:store");
    expect(await liveAddress(bed, "name:store", snapshot)).toBe("redis://docker.tail.test:6379");
    const pong = await bed.peer.exec([
      "python3",
      "/opt/tcp-half-close.py",
      "docker.tail.test",
      "6379",
      "PING\r\n",
    ]);
    expect(pong.stdout).toBe("+PONG\r\n");
    const half = await bed.peer.exec([
      "python3",
      "/opt/tcp-half-close.py",
      "docker.tail.test",
      "6379",
      "all of it",
    ]);
    expect(half.stdout).toBe("store read 9 bytes: all of it");
  });

  it("carries UDP, and drops it when the share is off", async () => {
    await bed.samples.start({ name: "echo", udp: 5353 });
    await bed.api.putShare("name:echo");
    await liveAddress(bed, "name:echo");
    const echo = async () =>
      await bed.peer.exec(["python3", "/opt/udp-echo.py", "docker.tail.test", "5353", "there and back", "2"]);
    expect((await echo()).stdout.trim()).toBe("there and back");
    await bed.api.deleteShare("name:echo");
    expect((await echo()).stdout.trim()).toBe("");
  });

  it("counts the bytes of a share, and keeps counting when another one is switched on", async () => {
    await bed.samples.start({ name: "counted", http: 8090 });
    const address = await liveAddress(bed, "name:counted", await bed.api.putShare("name:counted"));
    expect((await bed.peer.fetch(`${address}/bytes/100000`)).ok).toBe(true);
    await bed.samples.start({ name: "other", http: 8091 });
    await bed.api.putShare("name:other");
    const traffic = await bed.api.waitFor("the bytes to be counted", ({ workloads }) => {
      const share = workloads.find(({ id }) => id === "name:counted")?.share;
      return share && share.traffic.sent > 100_000 ? share.traffic : null;
    });
    expect(traffic.received).toBeGreaterThan(100);
  });

  it("names who is connected, and cuts the connection when the share is switched off [S064]", async () => {
    await bed.samples.start({ name: "long", tcp: 7000 });
    await bed.api.putShare("name:long");
    await liveAddress(bed, "name:long");
    const script = [
      "import socket,sys",
      "s=socket.create_connection(('docker.tail.test',7000),5); s.settimeout(8)",
      "s.sendall(b'PING\\r\\n'); print(s.recv(64).decode().strip(), flush=True)",
      "sys.stdin.readline()",
    ].join("\n");
    expect((await bed.peer.exec(["python3", "-c", script], { input: "\n" })).stdout.trim()).toBe("+PONG");
    // The same, with the share switched off between two lines: the second one must not be answered.
    const cut = `${script}\nimport time\nopen('/tmp/ready','w').close()\nwhile not __import__('os').path.exists('/tmp/go'): time.sleep(.05)\ntry:\n s.sendall(b'PING\\r\\n'); d=s.recv(64); print('answered' if d else 'closed')\nexcept OSError as e: print(type(e).__name__)`;
    const visit = bed.peer.exec(["python3", "-c", cut], { input: "\n", timeoutMs: 30_000 });
    await expect
      .poll(async () => (await bed.peer.exec(["test", "-e", "/tmp/ready"])).code, { timeout: 10_000 })
      .toBe(0);
    const visitors = await bed.api.waitFor("the visitor to be seen", ({ workloads }) => {
      const visitors = workloads.find(({ id }) => id === "name:long")?.share?.visitors ?? [];
      return visitors[0]?.path === "direct" ? visitors : null;
    });
    expect(visitors).toEqual([{ device: "phone", user: expect.stringContaining("tester"), path: "direct" }]);
    expect(JSON.stringify((await bed.api.diagnostics()).snapshot)).not.toContain("phone");
    await bed.api.deleteShare("name:long");
    await bed.peer.exec(["touch", "/tmp/go"]);
    expect((await visit).stdout.trim().split("\n").at(-1)).toBe("ConnectionResetError");
  });

  it("ends at the requested time, and refuses a time in the past", async () => {
    await bed.samples.start({ name: "timed", http: 8095 });
    const past = new Date(Date.now() - 1_000).toISOString();
    await expect(bed.api.putShare("name:timed", { until: past })).rejects.toMatchObject({
      fault: { code: "BAD_REQUEST" },
    });
    const until = new Date(Date.now() + 5_000).toISOString();
    const address = await liveAddress(bed, "name:timed", await bed.api.putShare("name:timed", { until }));
    await reaches(bed.peer, address, "timed says hello");
    await bed.api.waitFor("the share to end", ({ workloads }) =>
      workloads.some(({ id, share }) => id === "name:timed" && share === null),
    );
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
    await refused(bed.peer, address);
  });

  it("distinguishes a container without a network from one that can be shared, before it tries", async () => {
    await bed.samples.start({ name: "lonely", http: 8080, networks: ["none"] });
    const row = await bed.api.waitFor("the row", ({ workloads }) =>
      workloads.find(({ id }) => id === "name:lonely"),
    );
    expect(row.refusal?.code).toBe("NO_NETWORK");
    await expect(bed.api.putShare("name:lonely")).rejects.toMatchObject({ fault: { code: "NOT_SHAREABLE" } });
  });

  it("names the hop that fails when nothing listens", async () => {
    await bed.samples.start({ name: "local-only", http: 8080, bind: "127.0.0.1" });
    await bed.api.putShare("name:local-only");
    await liveAddress(bed, "name:local-only");
    const report = await bed.api.check("name:local-only");
    expect(faultOf(report)?.code).toBe("NOT_LISTENING");
    expect(report.hops.map(({ hop, outcome }) => `${hop} ${outcome}`)).toEqual([
      "container passed",
      "network passed",
      "listening failed",
    ]);
  });

  it("stops everything with one call", async () => {
    const addresses = (await bed.api.snapshot()).workloads.flatMap(({ share }) =>
      share?.exposure.state === "live" ? share.exposure.endpoints.map(({ address }) => address) : [],
    );
    expect(addresses.length).toBeGreaterThan(1);
    const { workloads } = await bed.api.deleteShares();
    expect(workloads.filter(({ share }) => share !== null)).toEqual([]);
    for (const address of addresses.filter((candidate) => candidate.startsWith("http://")))
      await refused(bed.peer, address);
  });

  it("lists neither the extension's own containers nor those of the stand-in", async () => {
    const { workloads } = await bed.api.snapshot();
    expect(workloads.map(({ name }) => name).filter((name) => /tailnet-share|backend/.test(name))).toEqual(
      [],
    );
  });
});
