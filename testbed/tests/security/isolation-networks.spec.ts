import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { letForward, neighbourIn } from "../fixtures/namespaces.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { listenAtCards, listenIn, type PacketListener } from "../fixtures/packets.ts";
import { reaches } from "../fixtures/visits.ts";
import {
  all,
  both,
  byFour,
  frames,
  openSharedNetworks,
  PORT,
  PROTOCOLS,
  type SharedNetworks,
} from "./shared-networks.ts";

const TAILNET = { four: "100.64.0.0/10", six: "fd7a:115c:a1e0::/48" };
const LOOPBACK = { four: "127.0.0.1", six: "::1" };
/** A MAC address that no host has. */
const STRANGER = "02:00:00:00:00:99";

/** The intruder's two networks with shares, each with its shared container and the other network. */
const SHARED = [
  ["ft-one", "ft-victim", "ft-two", "ft-other"],
  ["ft-two", "ft-other", "ft-one", "ft-victim"],
] as const;

/** Sends TCP until it is accepted or refused, and then UDP. */
const ASK = `
const [, host, port] = process.argv;
const byUdp = () => require("node:dgram").createSocket(host.includes(":") ? "udp6" : "udp4").send("hello", port, host, () => process.exit());
require("node:net").connect({ host, port, timeout: 10000 }).on("error", byUdp).on("timeout", byUdp).on("connect", byUdp);`;

/** Sends TCP from the requested port, so that the answer goes to the same port. */
const ASK_FROM_THERE = `
import socket, sys
host, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
s.settimeout(10); s.bind(('', port)); s.connect_ex((host, port))`;

/** Complements `isolation.spec.ts`: also over IPv6, from a host on two shared networks, and through a machine. */
describe("an intruder on several shared networks, with IPv4 and IPv6, reaches nothing else", () => {
  let bed: Bed;
  let net: SharedNetworks;
  let listeners: Readonly<Record<string, PacketListener>>;
  /** Listens at the interface, before any rules, to prove that the packets arrive. */
  let toBackend: PacketListener;
  let toMachine: PacketListener;
  let toIntruder: PacketListener;

  beforeAll(async () => {
    bed = await openBed();
    net = await openSharedNetworks(bed);
    const host = await bed.samples.start({ name: "ft-host", http: PORT, networks: ["host"] });
    const { containerId: backend } = bed.desktop.backend;
    const containers = {
      ...{ victim: "ft-victim", other: "ft-other", secret: "ft-secret", machine: "ft-machine" },
      ...{ peer: net.laptop.containerId, engine: host.id, backend },
    };
    const listening = Object.entries(containers).map(
      async ([name, id]) => [name, await listenIn(bed, id, PORT)] as const,
    );
    listeners = Object.fromEntries(await Promise.all(listening));
    toBackend = await listenAtCards(bed, backend, PORT);
    toMachine = await listenAtCards(bed, "ft-machine", PORT);
    toIntruder = await listenAtCards(bed, "ft-intruder", PORT);
  });
  afterAll(async () => await bed?.close());

  /** Listeners that have heard something since the last call, with the sources. */
  async function newSourcesByName(): Promise<Readonly<Record<string, ReadonlySet<string>>>> {
    const news = Object.entries(listeners).map(
      async ([name, own]) => [name, new Set(await own.newSources())] as const,
    );
    return Object.fromEntries((await Promise.all(news)).filter(([, sources]) => sources.size > 0));
  }

  it("sends forged packets that arrive where they may, over both protocols", async () => {
    await newSourcesByName();
    for (const [network, name, by] of [
      ["ft-one", "ft-victim", "ft-intruder"],
      ["ft-six", "ft-victim", "ft-intruder"],
      ["ft-two", "ft-other", "ft-intruder"],
      ["ft-six", "ft-machine", "ft-intruder"],
      ["ft-closed", "ft-secret", "ft-insider"],
    ] as const) {
      const forger = await net.forger(network, by);
      const target = await net.on(network, name);
      const sources = [await net.on(network, by)];
      const targets = [network === "ft-six" ? target : net.hidden(name)];
      await forger.ask(...frames({ to: target.card, from: [forger.card], sources, targets }));
    }
    const own = await net.on("ft-six");
    const engine = await net.engineOn("ft-six");
    for (const protocol of PROTOCOLS) {
      await net.intruder.forge(own[protocol], engine[protocol], PORT);
      await net.laptop.exec(["python3", "-c", ASK_FROM_THERE, net.machine[protocol], String(PORT)]);
    }
    // The backend's own packets to the tailnet arrive.
    const [node, peer] = net.joinable.includes("six")
      ? [net.node, net.peer]
      : [byFour(net.node), byFour(net.peer)];
    for (const address of all(peer))
      await bed.desktop.backend.exec(["/usr/local/bin/node", "-e", ASK, address, String(PORT)]);
    const sent = expect.arrayContaining([...both(node), ...all(net.machine)]);
    await expect.poll(async () => await listeners.peer?.allSources(), { timeout: 10_000 }).toEqual(sent);
    expect(await newSourcesByName()).toEqual({
      victim: new Set(both(await net.on("ft-one"), own)),
      other: new Set(both(await net.on("ft-two"))),
      secret: new Set(both(await net.on("ft-closed", "ft-insider"))),
      engine: new Set(all(own)),
      machine: new Set([...both(own), ...all(net.peer)]),
      peer: new Set([...both(node), ...all(net.machine)]),
    });
  });

  it.each(SHARED)(
    "reaches no device of the tailnet and no other network by the backend's addresses on %s [S007]",
    async (network, name) => {
      const by = await net.backendOn(network);
      const own = await net.on(network);
      const neighbour = await net.on(network, name);
      const secret = net.hidden("ft-secret");
      await locatesBackend(network);
      for (const protocol of net.joinable) {
        const bits = protocol === "four" ? 32 : 128;
        await net.intruder.routeBy(TAILNET[protocol], by[protocol]);
        await net.intruder.routeBy(`${secret[protocol]}/${bits}`, by[protocol]);
        await toBackend.newSources();
        for (const { [protocol]: source } of [own, neighbour, net.node, net.peer])
          for (const { [protocol]: target } of [net.peer, net.node, secret])
            await net.intruder.forge(source, target, PORT);
        expect(await toBackend.newSources(), "it comes to the backend's card").toContain(own[protocol]);
      }
      expect(await newSourcesByName()).toEqual({});
    },
  );

  /** Adds the backend's neighbour entry to the intruder, because the backend ignores neighbour solicitations, which are IPv6's ARP. */
  async function locatesBackend(network: string): Promise<readonly string[]> {
    const backend = await net.backendOn(network);
    const forger = await net.forger(network);
    const addresses = net.joinable.map((protocol) => backend[protocol]);
    expect(addresses).not.toContain("");
    for (const address of addresses) await forger.locate(address, backend.card);
    return addresses;
  }

  it("reaches no TCP port of the backend, at any of its addresses [S008]", async () => {
    const { six } = await net.on("ft-six", "ft-victim");
    const open = await net.intruder.scan(six, PORT - 50, PORT + 50);
    expect(open, "the scan sees what is open").toEqual([PORT]);
    for (const [network] of SHARED)
      for (const address of await locatesBackend(network))
        expect(await net.intruder.scan(address, 1, 65_535)).toEqual([]);
  }, 400_000);

  it("reaches none of the backend's common UDP ports on the other network [S009]", async () => {
    const echo = `const s = require("node:dgram").createSocket("udp6"); s.on("message", (text, { port, address }) => s.send(text, port, address)).bind(5353)`;
    await bed.engine.docker(["exec", "-d", "ft-victim", "node", "-e", echo]);
    const victim = all(await net.on("ft-six", "ft-victim"));
    const scan = async (addresses: readonly string[]) =>
      await Promise.all(addresses.map(net.intruder.scanUdp));
    await expect.poll(async () => await scan(victim), { timeout: 20_000 }).toEqual([[5353], [5353]]);
    const backend = [...(await locatesBackend("ft-one")), ...(await locatesBackend("ft-two"))];
    expect(await scan(backend)).toEqual(backend.map(() => []));
  });

  it.each(SHARED)(
    "reaches nothing by frames to the backend's card on %s, from any card and address, over both protocols [S014]",
    async (network, name, otherNetwork, otherName) => {
      const forger = await net.forger(network);
      const backend = await net.backendOn(network);
      const neighbour = await net.on(network, name);
      const sources = [await net.on(network), neighbour, backend, net.node, net.peer];
      const targets = [
        ...[net.peer, net.node, neighbour, net.hidden(name), await net.engineOn("ft-closed")],
        ...[await net.on(otherNetwork, otherName), net.hidden(otherName), net.hidden("ft-secret")],
        ...[backend, await net.backendOn(otherNetwork), LOOPBACK],
      ];
      await toBackend.newSources();
      await newSourcesByName();
      await forger.ask(...frames({ to: backend.card, from: [forger.card, STRANGER], sources, targets }));
      expect(new Set(await toBackend.newSources()), "they come to its card").toEqual(
        new Set(both(...sources)),
      );
      expect(await newSourcesByName()).toEqual({});
    },
  );

  it("redirects no packet by claiming the backend's, a target's or a device's address by ARP or neighbour advertisement, and everything works afterwards [S015]", async () => {
    const victim = await net.on("ft-one", "ft-victim");
    const other = await net.on("ft-two", "ft-other");
    const secret = net.hidden("ft-secret");
    const { containerId } = bed.desktop.backend;
    const backend = { one: await net.backendOn("ft-one"), two: await net.backendOn("ft-two") };
    const forger = { one: await net.forger("ft-one"), two: await net.forger("ft-two") };
    const url = await net.url("ft-victim");
    const visit = async () => await reaches(bed.peer, url, "ft-victim says hello", 60_000);
    await visit();
    await toIntruder.newSources();
    await newSourcesByName();
    const onSecond = { to: backend.two.card, from: [forger.two.card] };
    // Includes the backend's own default gateway.
    const claimed = [backend.two, other, victim, secret, net.peer, net.node, net.deadEnd];
    const claims = forger.two.claim(6, ...frames({ ...onSecond, sources: claimed, targets: [backend.two] }));
    for (let visits = 0; visits < 5; visits += 1) await visit();
    await forger.two.ask(...frames({ ...onSecond, sources: [other, net.peer], targets: [net.peer, secret] }));
    await claims;
    await visit();
    expect(await toIntruder.newSources(), "no visitor's packet comes from another network").toEqual([]);
    expect(await newSourcesByName()).toEqual({ victim: new Set([backend.one.four]) });
    // On the share's own network they get through after a claim by ARP. That is known, and would be heard.
    const onFirst = { to: backend.one.card, from: [forger.one.card] };
    const known = forger.one.claim(8, ...frames({ ...onFirst, sources: [victim], targets: [backend.one] }));
    const poll = async () => {
      await bed.peer.fetch(url, { timeoutMs: 1_000 });
      return await toIntruder.allSources();
    };
    await expect.poll(poll, { timeout: 10_000 }).toEqual([backend.one.four]);
    // By IPv6 the backend accepts no claims.
    if (victim.six !== "")
      expect(await neighbourIn(bed, containerId, victim.six)).not.toContain(forger.one.card);
    await known;
    await visit();
    await reaches(bed.peer, await net.url("ft-other"), "ft-other says hello", 60_000);
  }, 240_000);

  it("joins a network with IPv6 only where the engine keeps the default route [S021]", async () => {
    await bed.samples.start({ name: "ft-sixth", http: PORT, networks: ["ft-six"] });
    await bed.api.putShare("name:ft-sixth", { mode: "node" });
    const exposure = await bed.api.waitFor("the share to be settled", ({ workloads }) => {
      const share = workloads.find(({ id }) => id === "name:ft-sixth")?.share;
      return share && ["live", "failed"].includes(share.exposure.state) ? share.exposure : null;
    });
    if (net.joinable.includes("six")) expect(exposure.state).toBe("live");
    else expect(exposure).toMatchObject({ state: "failed", fault: { code: "EGRESS_MOVED" } });
    await reaches(bed.peer, await net.url("ft-victim"), "ft-victim says hello");
    await bed.api.deleteShare("name:ft-sixth");
  });

  it("reaches no device and no other network by frames and claims to a machine's card, and cannot pass for a device [S016]", async () => {
    const machine = await net.on("ft-six", "ft-machine");
    const victim = await net.on("ft-six", "ft-victim");
    const forger = await net.forger("ft-six");
    const to = { to: machine.card, from: [forger.card, STRANGER] };
    const sources = [await net.on("ft-six"), victim, machine, net.machine, net.peer];
    const targets = [
      ...[net.peer, net.node, net.hidden("ft-secret"), LOOPBACK],
      ...[await net.engineOn("ft-closed"), await net.engineOn(bed.tailnet.network.name)],
    ];
    await toMachine.newSources();
    await newSourcesByName();
    const neighbour = async () => await neighbourIn(bed, "ft-machine", victim.six);
    await expect.poll(neighbour, { timeout: 10_000 }).toContain(victim.card);
    const claims = { to: machine.card, from: [forger.card], sources: [victim, net.peer], targets: [machine] };
    const claiming = forger.claim(8, ...frames(claims));
    await expect.poll(neighbour, { timeout: 10_000 }).toContain(forger.card);
    await forger.ask(...frames({ ...to, sources, targets }));
    await forger.ask(...frames({ ...to, sources: [net.peer], targets: [machine, net.machine] }));
    await reaches(bed.peer, "http://ft-machine.tail.test", "hello");
    await claiming;
    expect(new Set(await toMachine.newSources()), "they come to its card").toEqual(new Set(both(...sources)));
    expect(await newSourcesByName()).toEqual({});
  });

  it("reaches no device and no other network through a machine, and cannot pass for a device to its application [S010]", async () => {
    const machine = await net.on("ft-six", "ft-machine");
    const secret = net.hidden("ft-secret");
    const forger = await net.forger("ft-six");
    const own = await net.on("ft-six");
    const to = { to: machine.card, from: [forger.card] };
    await letForward(bed, "ft-machine");
    const engine = await net.engineOn(bed.tailnet.network.name);
    await forger.ask(...frames({ ...to, sources: [own], targets: [engine] }));
    // A container that forwards does so without a machine, too.
    expect(await newSourcesByName()).toEqual({ engine: new Set(both(byFour(own))) });
    const sources = [own, machine, net.machine, net.peer];
    await forger.ask(...frames({ ...to, sources, targets: [net.peer, net.node, secret] }));
    // No other network either: the machine's container has no route there, and its machine provides none.
    await net.intruder.routeBy(`${secret.four}/32`, machine.four);
    for (const { four } of [own, machine, net.peer]) await net.intruder.forge(four, secret.four, PORT);
    for (const protocol of PROTOCOLS) {
      await net.intruder.routeBy(TAILNET[protocol], machine[protocol]);
      for (const { [protocol]: source } of [own, machine, net.peer])
        await net.intruder.forge(source, net.peer[protocol], PORT);
      await net.intruder.forge(net.peer[protocol], machine[protocol], PORT);
    }
    expect(await newSourcesByName()).toEqual({});
    for (const protocol of PROTOCOLS) await net.intruder.forge(own[protocol], machine[protocol], PORT);
    expect(await newSourcesByName(), "its own network may ask it").toEqual({ machine: new Set(all(own)) });
  });
});
