import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { cardOf, forgerOn } from "./fixtures/frames.ts";
import { machinesByKey, machineUp } from "./fixtures/machines.ts";
import { openBed } from "./fixtures/open-bed.ts";
import {
  addIpv6Peer,
  addressesOn,
  type Ears,
  type Intruder,
  listenIn,
  startIntruder,
} from "./fixtures/packets.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

const IPV6 = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=0", "--sysctl", "net.ipv6.conf.all.forwarding=1"];
const TAILNET = { four: "100.64.0.0/10", six: "fd7a:115c:a1e0::/48" };
const PROTOCOLS = ["four", "six"] as const;
type Addresses = Record<(typeof PROTOCOLS)[number], string>;

/** Minor number of the Engine API from which a network is joined with a gateway priority: 1.48. */
const FIRST_WITH_PRIORITIES = 48;

/** An address of the same network that nobody has. */
function stranger(address: string): string {
  return address.includes(":") ? address.replace(/[^:]*$/, "fe99") : address.replace(/\d+$/, "251");
}

/** Beside `isolation.spec.ts`: over IPv6 as well, from somebody who is on two shared networks, and through a machine. */
describe("somebody on several shared networks, with IPv4 and IPv6, gets nowhere else", () => {
  let bed: Bed;
  /** Those of the networks that the backend joins: an engine without gateway priorities gives the way out to one with IPv6. */
  let joinable: readonly (typeof PROTOCOLS)[number][];
  let intruder: Intruder;
  let peer: Addresses;
  let node: Addresses;
  let victim: Addresses;
  let secret: Addresses;
  let machine: Addresses;
  /** The backend's, by network. */
  const backend = new Map<string, Addresses>();
  let atPeer: Ears;
  let atVictim: Ears;
  let atVictimsOther: Ears;
  let atSecret: Ears;
  let atMachine: Ears;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await machinesByKey(bed);
    const [, minor = 0] = bed.engine.apiVersion.split(".").map(Number);
    joinable = minor >= FIRST_WITH_PRIORITIES ? PROTOCOLS : ["four"];
    for (const [index, name] of ["ft-one", "ft-two", "ft-closed", "ft-six"].entries()) {
      const isIpv6 = name === "ft-six" || joinable.includes("six");
      await bed.samples.createNetwork(name, isIpv6 ? ["--ipv6", "--subnet", `fd00:77:${index}::/64`] : []);
    }
    for (const [name, ...networks] of [
      ["ft-victim", "ft-one", "ft-six"],
      ["ft-other", "ft-two"],
      ["ft-secret", "ft-closed"],
    ] as const) {
      await bed.samples.start({ name, http: 8080, networks });
      await liveAddress(
        bed,
        `name:${name}`,
        await bed.api.putShare(`name:${name}`, { mode: "node" }),
        60_000,
      );
    }
    const app = await bed.samples.start({
      ...{ name: "ft-machine", http: 80, expose: [], networks: [bed.tailnet.network.name, "ft-six"] },
      flags: IPV6,
    });
    await bed.api.putShare("name:ft-machine", { mode: "machine" });
    await machineUp(bed, "name:ft-machine");
    await reaches(bed.peer, "http://ft-machine.tail.test", "hello");

    intruder = await startIntruder(bed, "ft-intruder", "ft-one", "ft-two", "ft-six");
    const { backend: own } = bed.desktop;
    for (const network of ["ft-one", "ft-two"])
      backend.set(network, await addressesOn(bed, own.containerId, network));
    victim = await onBoth("ft-victim");
    secret = await addressesOn(bed, "ft-secret", "ft-closed");
    machine = await addressesOn(bed, app.id, "ft-six");
    const laptop = await addIpv6Peer(bed, "laptop");
    peer = { four: laptop.address, six: (await laptop.exec(["tailscale", "ip", "-6"])).stdout.trim() };
    const snapshot = await bed.api.snapshot();
    const [nodeFour = "", nodeSix = ""] = snapshot.node.state === "connected" ? snapshot.node.addresses : [];
    node = { four: nodeFour, six: nodeSix };
    await findBackend();
    atPeer = await listenIn(bed, laptop.containerId, 8000);
    atVictim = await listenIn(bed, "ft-victim", 8080);
    atVictimsOther = await listenIn(bed, "ft-victim", 8555);
    atSecret = await listenIn(bed, "ft-secret", 8080);
    atMachine = await listenIn(bed, app.id, 81);
  });
  afterAll(async () => await bed?.close());

  /** The backend does not say over IPv6 at which card it is. Whoever wants to ask it finds out. */
  async function findBackend(): Promise<void> {
    for (const [network, { six }] of joinable.includes("six") ? backend : []) {
      const forger = await forgerOn(bed, intruder, network);
      await forger.locate(six, await cardOf(bed, bed.desktop.backend.containerId, network));
    }
  }

  /** Its IPv4 address where the backend is, its IPv6 address where there is always one. */
  async function onBoth(container: string): Promise<Addresses> {
    const { four } = await addressesOn(bed, container, "ft-one");
    const { six } = await addressesOn(bed, container, "ft-six");
    return { four, six };
  }
  const own = async (): Promise<Addresses> => await onBoth("ft-intruder");

  it("what it forges is heard where it may be heard, over both protocols", async () => {
    for (const protocol of PROTOCOLS) {
      const source = (await own())[protocol];
      await intruder.forge(source, victim[protocol], 8080);
      expect(await atVictim.heard()).toContain(source);
    }
  });

  it.each(["ft-one", "ft-two"])(
    "by the backend's addresses on %s it reaches no device of the tailnet, and no other network",
    async (network) => {
      for (const protocol of joinable) {
        const by = backend.get(network)?.[protocol] ?? "";
        expect(by).not.toBe("");
        const bits = protocol === "four" ? 32 : 128;
        await intruder.routeBy(TAILNET[protocol], by);
        await intruder.routeBy(`${secret[protocol]}/${bits}`, by);
        for (const source of [(await own())[protocol], victim[protocol], node[protocol], peer[protocol]]) {
          await intruder.forge(source, peer[protocol], 8000);
          await intruder.forge(source, node[protocol], 8080);
          await intruder.forge(source, secret[protocol], 8080);
        }
      }
      expect(await atPeer.heard()).toEqual([]);
      expect(await atSecret.heard()).toEqual([]);
    },
  );

  it("no TCP port of the backend answers it, at none of its addresses", async () => {
    expect(await intruder.scan(victim.six, 8000, 8100), "the scan sees what is open").toEqual([8080]);
    for (const addresses of backend.values())
      for (const protocol of joinable)
        expect(await intruder.scan(addresses[protocol], 1, 65_535)).toEqual([]);
  }, 400_000);

  it("nor one of its common UDP ports, there", async () => {
    for (const addresses of backend.values())
      for (const protocol of joinable) expect(await intruder.scanUdp(addresses[protocol])).toEqual([]);
  });

  it("whole frames are heard where they may be heard, over both protocols", async () => {
    for (const [protocol, network] of [["four", "ft-one"] as const, ["six", "ft-six"] as const]) {
      const forger = await forgerOn(bed, intruder, network);
      const source = stranger((await own())[protocol]);
      const to = await cardOf(bed, "ft-victim", network);
      await forger.ask({ to, from: forger.card, source, target: victim[protocol], port: 8080 });
      expect(await atVictim.heard()).toContain(source);
    }
  });

  it.each(["ft-one", "ft-two"])(
    "frames to the backend's card on %s, from whatever card and address, open no way over either protocol",
    async (network) => {
      const forger = await forgerOn(bed, intruder, network);
      const to = await cardOf(bed, bed.desktop.backend.containerId, network);
      const here = await addressesOn(bed, "ft-intruder", network);
      for (const protocol of joinable) {
        const sources = [here[protocol], victim[protocol], node[protocol], peer[protocol], secret[protocol]];
        const targets = [
          { target: peer[protocol], port: 8000 },
          { target: node[protocol], port: 8080 },
          { target: secret[protocol], port: 8080 },
          { target: victim[protocol], port: 8555 },
        ];
        for (const from of [forger.card, to])
          await forger.ask(
            ...sources.flatMap((source) => targets.map((target) => ({ to, from, source, ...target }))),
          );
      }
      expect(await atPeer.heard()).toEqual([]);
      expect(await atSecret.heard()).toEqual([]);
      expect(await atVictimsOther.heard()).toEqual([]);
      await reaches(bed.peer, await liveAddress(bed, "name:ft-other"), "ft-other says hello", 30_000);
    },
    240_000,
  );

  it("claims to have the backend's, a target's or a device's address, by ARP and by neighbour advertisement, lead nowhere else, and all is well afterwards", async () => {
    const forger = await forgerOn(bed, intruder, "ft-two");
    const to = await cardOf(bed, bed.desktop.backend.containerId, "ft-two");
    const other = await addressesOn(bed, "ft-other", "ft-two");
    const at = backend.get("ft-two");
    if (at === undefined) throw new Error("the backend is not on ft-two");
    const claims = joinable.flatMap((protocol) =>
      [other, peer, node, secret].map((claimed) => ({
        ...{ to, from: forger.card, source: claimed[protocol], target: at[protocol] },
      })),
    );
    const claiming = forger.claim(8, ...claims);
    for (const protocol of joinable)
      for (const source of [other[protocol], peer[protocol]])
        await forger.ask(
          { to, from: forger.card, source, target: peer[protocol], port: 8000 },
          { to, from: forger.card, source, target: secret[protocol], port: 8080 },
        );
    // What is shared on another network is reached all the while.
    await reaches(bed.peer, await liveAddress(bed, "name:ft-victim"), "ft-victim says hello");
    await claiming;
    expect(await atPeer.heard()).toEqual([]);
    expect(await atSecret.heard()).toEqual([]);
    await reaches(bed.peer, await liveAddress(bed, "name:ft-other"), "ft-other says hello", 60_000);
  }, 120_000);

  it("frames and claims to a machine's card reach no device of the tailnet and no other network, and pass for no device", async () => {
    const atApplication = await listenIn(bed, "ft-machine", 82);
    const forger = await forgerOn(bed, intruder, "ft-six");
    const to = await cardOf(bed, "ft-machine", "ft-six");
    const here = await addressesOn(bed, "ft-intruder", "ft-six");
    const claiming = forger.claim(
      8,
      ...PROTOCOLS.flatMap((protocol) => ({
        ...{ to, from: forger.card, source: peer[protocol], target: machine[protocol] },
      })),
    );
    for (const protocol of PROTOCOLS) {
      const frame = { to, from: forger.card };
      for (const source of [here[protocol], machine[protocol], peer[protocol]])
        await forger.ask({ ...frame, source, target: peer[protocol], port: 8000 });
      await forger.ask({ ...frame, source: peer[protocol], target: machine[protocol], port: 82 });
    }
    await forger.ask({ to, from: forger.card, source: here.four, target: secret.four, port: 8080 });
    await claiming;
    expect(await atPeer.heard()).toEqual([]);
    expect(await atSecret.heard()).toEqual([]);
    expect(await atApplication.heard()).toEqual([]);
    for (const protocol of PROTOCOLS) {
      const source = stranger(here[protocol]);
      await forger.ask({ to, from: forger.card, source, target: machine[protocol], port: 82 });
      expect(await atApplication.heard(), "its own network may ask it").toContain(source);
    }
    await reaches(bed.peer, "http://ft-machine.tail.test", "hello", 60_000);
  }, 120_000);

  it("a network with IPv6 is joined only where the engine leaves the way out as it is", async () => {
    await bed.samples.start({ name: "ft-sixth", http: 8080, networks: ["ft-six"] });
    await bed.api.putShare("name:ft-sixth", { mode: "node" });
    const exposure = await bed.api.waitFor("the share to be settled", ({ workloads }) => {
      const share = workloads.find(({ id }) => id === "name:ft-sixth")?.share;
      return share && ["live", "failed"].includes(share.exposure.state) ? share.exposure : null;
    });
    if (joinable.includes("six")) expect(exposure.state).toBe("live");
    else expect(exposure).toMatchObject({ state: "failed", fault: { code: "EGRESS_MOVED" } });
    await reaches(bed.peer, await liveAddress(bed, "name:ft-victim"), "ft-victim says hello");
    await bed.api.deleteShare("name:ft-sixth");
  });

  it("by a machine it reaches no device of the tailnet and no other network, and cannot pass for a device with its application", async () => {
    const neighbour = await addressesOn(bed, "ft-intruder", "ft-six");
    // Nor another network: the machine's container has no way there, and its machine gives it none.
    await intruder.routeBy(`${secret.four}/32`, machine.four);
    for (const source of [neighbour.four, machine.four, peer.four])
      await intruder.forge(source, secret.four, 8080);
    expect(await atSecret.heard()).toEqual([]);
    for (const protocol of PROTOCOLS) {
      await intruder.routeBy(TAILNET[protocol], machine[protocol]);
      for (const source of [neighbour[protocol], machine[protocol], peer[protocol]])
        await intruder.forge(source, peer[protocol], 8000);
      await intruder.forge(peer[protocol], machine[protocol], 81);
    }
    expect(await atPeer.heard()).toEqual([]);
    expect(await atMachine.heard()).toEqual([]);
    for (const protocol of PROTOCOLS) {
      const source = neighbour[protocol];
      await intruder.forge(source, machine[protocol], 81);
      expect(await atMachine.heard(), "its own network may ask it").toContain(source);
    }
  });
});
