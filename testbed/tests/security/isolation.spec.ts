import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { BED_LABEL } from "../../src/lib/bed-id.ts";
import { addAddresses, inNamespace } from "../fixtures/namespaces.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { type Intruder, listenIn, startIntruder } from "../fixtures/packets.ts";
import { liveAddress, reaches, refused } from "../fixtures/visits.ts";
import { cardOf, forgerOn } from "./frames.ts";
import { openSockets } from "./sockets.ts";
import { resetsOfStrays } from "./stray-packets.ts";

describe("an intruder reaches nothing but shares, and nothing gets out through the backend", () => {
  let bed: Bed;
  let backendAddress: string;
  let intruder: Intruder;
  let nodeAddress: string;
  let sharedAddress: string;
  let secretAddress: string;
  let victimAddress: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await bed.samples.createNetwork("bed-shared");
    await bed.samples.createNetwork("bed-secret");
    const victim = await bed.samples.start({
      name: "victim",
      http: 8080,
      udp: 5353,
      networks: ["bed-shared"],
    });
    const secret = await bed.samples.start({ name: "secret", http: 8080, networks: ["bed-secret"] });
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    victimAddress = await bed.engine.docker(["inspect", "-f", format, victim.id]);
    secretAddress = await bed.engine.docker(["inspect", "-f", format, secret.id]);
    // The backend is attached to both networks meanwhile.
    const web = { ports: [{ port: 8080, protocol: "tcp" as const }] };
    sharedAddress = await liveAddress(bed, "name:victim", await bed.api.putShare("name:victim", web));
    await liveAddress(bed, "name:secret", await bed.api.putShare("name:secret"));
    await reaches(bed.peer, sharedAddress, "victim says hello");
    const addresses = await bed.engine.docker([
      "inspect",
      "-f",
      "{{range $name, $net := .NetworkSettings.Networks}}{{$name}}={{$net.IPAddress}} {{end}}",
      bed.desktop.backend.containerId,
    ]);
    backendAddress = /bed-shared=(\S+)/.exec(addresses)?.[1] ?? "";
    const { node } = await bed.api.snapshot();
    nodeAddress = node.state === "connected" ? (node.addresses[0] ?? "") : "";
    intruder = await startIntruder(bed, "bed-intruder", "bed-shared");
  });
  afterAll(async () => await bed?.close());

  it("reaches no device of the tailnet with raw sockets and a route by the backend [S001]", async () => {
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
    await intruder.routeBy("100.64.0.0/10", backendAddress);
    expect(await intruder.pings(victimAddress), "what answers a ping is seen").toBe(true);
    for (const target of [bed.peer.address, "100.100.100.100"]) {
      // The server there does not speak HTTP, which curl otherwise treats as a failure.
      expect(await intruder.succeeds("curl", "-sS", "--http0.9", "-m", "3", `http://${target}:8000/`)).toBe(
        false,
      );
      expect(await intruder.pings(target)).toBe(false);
    }
  });

  it("does not reach the node's own tailnet address through the backend [S002]", async () => {
    for (const port of [8080, 22, 80, 41_641]) {
      expect(await intruder.succeeds("curl", "-sS", "-m", "2", `http://${nodeAddress}:${port}/`)).toBe(false);
    }
  });

  it("does not reach a container on another network that the backend has joined [S003]", async () => {
    await intruder.routeBy(`${secretAddress}/32`, backendAddress);
    expect(await intruder.succeeds("curl", "-sS", "-m", "3", `http://${secretAddress}:8080/`)).toBe(false);
  });

  it("reaches no TCP port of the backend [S004]", async () => {
    expect(await intruder.scan(victimAddress, 8000, 8100), "the scan sees what is open").toEqual([8080]);
    expect(await intruder.scan(backendAddress, 1, 65_535)).toEqual([]);
  }, 240_000);

  it("reaches none of the backend's common UDP ports [S005]", async () => {
    expect(await intruder.scanUdp(victimAddress), "the scan sees what answers").toEqual([5353]);
    expect(await intruder.scanUdp(backendAddress)).toEqual([]);
  });

  it("does not reach the engine's machine through the backend, at its address on another network [S006]", async () => {
    const host = await bed.samples.start({ name: "bed-host", networks: ["host"], http: 18_080 });
    const gateway = await bed.engine.docker([
      ...["network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "bed-secret"],
    ]);
    const direct = await listenIn(bed, host.id, 18_080);
    await intruder.forge(intruder.address, gateway, 18_080);
    expect(await direct.allSources(), "what any container may ask is heard").toContain(intruder.address);
    const byBackend = await listenIn(bed, host.id, 18_080);
    await intruder.routeBy(`${gateway}/32`, backendAddress);
    for (const source of [intruder.address, victimAddress, bed.peer.address, nodeAddress])
      await intruder.forge(source, gateway, 18_080);
    expect(await byBackend.allSources()).toEqual([]);
  });

  it("gets no answer to packets forged as if from the tailnet, and opens no path [S011]", async () => {
    await intruder.routeBy("100.64.0.0/10", backendAddress);
    await intruder.routeBy(`${secretAddress}/32`, backendAddress);
    const before = await flows();
    for (const [source, target, port] of [
      [bed.peer.address, nodeAddress, 8080],
      [bed.peer.address, secretAddress, 8080],
      [nodeAddress, bed.peer.address, 8000],
    ] as const) {
      await intruder.forge(source, target, port);
    }
    expect(await flows()).toBe(before);
  });

  it("gets a reset for a stray packet on its own network, and nothing for a forged sender elsewhere [S027]", async () => {
    const own = { source: intruder.address, target: backendAddress };
    expect(await resetsOfStrays(bed, intruder, own), "its own are answered").toBeGreaterThan(0);
    const secretListener = await listenIn(bed, "secret", 8080);
    const peerListener = await listenIn(bed, bed.peer.containerId, 8080);
    await intruder.routeBy("100.64.0.0/10", backendAddress);
    for (const [source, target] of [
      ...[bed.peer.address, secretAddress, nodeAddress].map((address) => [address, backendAddress] as const),
      ...[bed.peer.address, secretAddress, intruder.address].map(
        (address) => [address, nodeAddress] as const,
      ),
    ])
      expect(await resetsOfStrays(bed, intruder, { source, target })).toBe(0);
    expect(await peerListener.allSources()).toEqual([]);
    expect(await secretListener.allSources()).toEqual([]);
  });

  it("opens no path by frames to the backend's card for another host, from any card and address [S012]", async () => {
    const forger = await forgerOn(bed, intruder, "bed-shared");
    const backendCard = await cardOf(bed, bed.desktop.backend.containerId, "bed-shared");
    const victimCard = await cardOf(bed, "victim", "bed-shared");
    const { address: own } = intruder;
    const mayHear = await listenIn(bed, "victim", 8080);
    const open = { to: victimCard, from: forger.card, source: own, target: victimAddress, port: 8080 };
    await forger.ask(open);
    expect(new Set(await mayHear.allSources()), "what it forges is heard where it may be heard").toEqual(
      new Set([own, `${own} by UDP`]),
    );
    const victimListener = await listenIn(bed, "victim", 8080);
    const secretListener = await listenIn(bed, "secret", 8080);
    const peerListener = await listenIn(bed, bed.peer.containerId, 8001);
    const sources = [intruder.address, victimAddress, nodeAddress, bed.peer.address, backendAddress];
    const targets = [
      { target: bed.peer.address, port: 8001 },
      { target: secretAddress, port: 8080 },
      // Sending it back to its own network would bypass that network's rules.
      { target: victimAddress, port: 8080 },
      { target: nodeAddress, port: 8080 },
    ];
    const cards = [forger.card, victimCard, "02:00:00:00:00:99"];
    await forger.ask(
      ...cards.flatMap((from) =>
        sources.flatMap((source) => targets.map((target) => ({ to: backendCard, from, source, ...target }))),
      ),
    );
    expect(await peerListener.allSources()).toEqual([]);
    expect(await secretListener.allSources()).toEqual([]);
    expect(await victimListener.allSources()).toEqual([]);
    // The network takes the victim's MAC address for the intruder's until the victim sends something.
    const sendDatagram = `require("dgram").createSocket("udp4").send("x", 9, "${intruder.address}", () => process.exit())`;
    await bed.engine.docker(["exec", "victim", "node", "-e", sendDatagram]);
    await reaches(bed.peer, sharedAddress, "victim says hello", 30_000);
  }, 240_000);

  it("gets nowhere else by claiming the address of a share's target, or the backend's, and everything works afterwards [S013]", async () => {
    const forger = await forgerOn(bed, intruder, "bed-shared");
    const secretListener = await listenIn(bed, "secret", 8080);
    const peerListener = await listenIn(bed, bed.peer.containerId, 8001);
    const backendCard = await cardOf(bed, bed.desktop.backend.containerId, "bed-shared");
    const victimCard = await cardOf(bed, "victim", "bed-shared");
    const claims = [
      { to: backendCard, from: forger.card, source: victimAddress, target: backendAddress },
      { to: victimCard, from: forger.card, source: backendAddress, target: victimAddress },
    ];
    const claiming = forger.claim(8, ...claims);
    for (const source of [victimAddress, intruder.address]) {
      const frame = { to: backendCard, from: forger.card, source };
      await forger.ask(
        { ...frame, target: bed.peer.address, port: 8001 },
        { ...frame, target: secretAddress, port: 8080 },
      );
    }
    // A client's open connection, whose answers the intruder may forge.
    await bed.peer.fetch(sharedAddress, { timeoutMs: 3_000 });
    await claiming;
    expect(await peerListener.allSources()).toEqual([]);
    expect(await secretListener.allSources()).toEqual([]);
    await reaches(bed.peer, sharedAddress, "victim says hello", 60_000);
  }, 120_000);

  it("does not reach a share's target through a gateway: a network can disappear before its rules [S025]", async () => {
    const { containerId: backend } = bed.desktop.backend;
    const decoy = await bed.samples.start({
      name: "decoy",
      http: 8080,
      networks: [bed.tailnet.network.name],
    });
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    const gateway = await bed.engine.docker(["inspect", "-f", format, decoy.id]);
    await addAddresses(bed, decoy.id, gateway, [`${victimAddress}/32`]);
    const inBackend = async (...argv: readonly string[]) =>
      await inNamespace(bed, backend, bed.images.peer, argv);
    await inBackend("ip", "route", "add", `${victimAddress}/32`, "via", gateway);
    try {
      const own = await inBackend("curl", "-sS", "-m", "5", `http://${victimAddress}:8080/`);
      expect(own, "the backend's own packets go there").toContain("decoy says hello");
      await refused(bed.peer, sharedAddress);
    } finally {
      await inBackend("ip", "route", "del", `${victimAddress}/32`);
    }
    await reaches(bed.peer, sharedAddress, "victim says hello", 30_000);
  });

  /** Connections that the backend translates or routes between two other hosts, from its kernel. */
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

  it("finds no API of the backend on a network: all sockets are tailscaled's, except its own in the platform's folder [S017]", async () => {
    const sockets = await openSockets(bed);
    const own = sockets.filter(({ program }) => program.startsWith("node"));
    expect(own).toEqual([
      { kind: "unix", at: "/run/guest-services/backend.sock", program: "node backend.mjs" },
    ]);
    const foreign = sockets.filter((socket) => !own.includes(socket));
    // The engine's resolver listens on loopback. Everything else must be tailscaled's.
    const strangers = foreign.filter(({ program, at }) => program !== "" && !/^0[BA1]00007F:/.test(at));
    expect(new Set(strangers.map(({ program }) => program.split(" ")[0]))).toEqual(new Set(["tailscaled"]));
    expect(foreign.filter(({ program, at }) => program === "" && !at.startsWith("0B00007F:"))).toEqual([]);
    const tailnet = nodeAddress
      .split(".")
      .reverse()
      .map((part) => Number(part).toString(16).padStart(2, "0"))
      .join("")
      .toUpperCase();
    // tailscaled's own peer API, which the input chain closes, and its LocalAPI socket.
    const listening = strangers.filter(({ kind }) => kind.startsWith("tcp"));
    expect(listening.filter(({ kind, at }) => kind === "tcp" && !at.startsWith(`${tailnet}:`))).toEqual([]);
    expect(strangers.filter(({ kind }) => kind === "unix").map(({ at }) => at)).toEqual([
      expect.stringMatching(/\/run\/tailscale\/tailscaled\.sock$/),
    ]);
  });

  it("finds the backend's socket, its folder and the engine's socket in no other container [S018]", async () => {
    const bedsOwn = await bed.engine.docker([
      "ps",
      "-aq",
      "--no-trunc",
      "--filter",
      `label=${BED_LABEL}=${bed.id}`,
    ]);
    const holders: string[] = [];
    for (const id of bedsOwn.split("\n")) {
      const format = "{{.Name}}{{range .Mounts}} {{.Source}} {{.Destination}}{{end}}";
      const [name = "", ...mounts] = (await bed.engine.docker(["inspect", "-f", format, id])).split(" ");
      if (mounts.some((path) => /docker\.sock|guest-services|tailnet-share-[^/]*_state/.test(path)))
        holders.push(id === bed.desktop.backend.containerId ? "the backend" : name);
    }
    // The stand-in for Docker Desktop relays the panel's calls.
    expect(holders.toSorted()).toEqual([`/tailnet-share-page-${bed.id}`, "the backend"]);
  });
});
