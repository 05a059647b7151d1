import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { machinesByKey, machineUp } from "./fixtures/machines.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { addressesOn, type Ears, type Intruder, listenIn, startIntruder } from "./fixtures/packets.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

const IPV6 = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=0", "--sysctl", "net.ipv6.conf.all.forwarding=1"];
const TAILNET = { four: "100.64.0.0/10", six: "fd7a:115c:a1e0::/48" };
const PROTOCOLS = ["four", "six"] as const;
type Addresses = Record<(typeof PROTOCOLS)[number], string>;

/** Beside `isolation.spec.ts`: over IPv6 as well, from somebody who is on two shared networks, and through a machine. */
describe("somebody on several shared networks, with IPv4 and IPv6, gets nowhere else", () => {
  let bed: Bed;
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
  let atSecret: Ears;
  let atMachine: Ears;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await machinesByKey(bed);
    for (const [index, name] of ["ft-one", "ft-two", "ft-closed"].entries())
      await bed.samples.createNetwork(name, ["--ipv6", "--subnet", `fd00:77:${index}::/64`]);
    for (const [name, network] of [
      ["ft-victim", "ft-one"],
      ["ft-other", "ft-two"],
      ["ft-secret", "ft-closed"],
    ] as const) {
      await bed.samples.start({ name, http: 8080, networks: [network] });
      await liveAddress(
        bed,
        `name:${name}`,
        await bed.api.putShare(`name:${name}`, { mode: "node" }),
        60_000,
      );
    }
    const app = await bed.samples.start({
      ...{ name: "ft-machine", http: 80, expose: [], networks: [bed.tailnet.network.name, "ft-one"] },
      flags: IPV6,
    });
    await bed.api.putShare("name:ft-machine", { mode: "machine" });
    await machineUp(bed, "name:ft-machine");
    await reaches(bed.peer, "http://ft-machine.tail.test", "hello");

    intruder = await startIntruder(bed, "ft-intruder", "ft-one", "ft-two");
    const { backend: own } = bed.desktop;
    for (const network of ["ft-one", "ft-two"])
      backend.set(network, await addressesOn(bed, own.containerId, network));
    victim = await addressesOn(bed, "ft-victim", "ft-one");
    secret = await addressesOn(bed, "ft-secret", "ft-closed");
    machine = await addressesOn(bed, app.id, "ft-one");
    const six = (await bed.peer.exec(["tailscale", "ip", "-6"])).stdout.trim();
    peer = { four: bed.peer.address, six };
    const snapshot = await bed.api.snapshot();
    const [nodeFour = "", nodeSix = ""] = snapshot.node.state === "connected" ? snapshot.node.addresses : [];
    node = { four: nodeFour, six: nodeSix };
    atPeer = await listenIn(bed, bed.peer.containerId, 8000);
    atVictim = await listenIn(bed, "ft-victim", 8080);
    atSecret = await listenIn(bed, "ft-secret", 8080);
    atMachine = await listenIn(bed, app.id, 81);
  });
  afterAll(async () => await bed?.close());

  const own = async (): Promise<Addresses> => await addressesOn(bed, "ft-intruder", "ft-one");

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
      for (const protocol of PROTOCOLS) {
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
      for (const protocol of PROTOCOLS)
        expect(await intruder.scan(addresses[protocol], 1, 65_535)).toEqual([]);
  }, 400_000);

  it("by a machine it reaches no device of the tailnet, and cannot pass for one with its application", async () => {
    for (const protocol of PROTOCOLS) {
      await intruder.routeBy(TAILNET[protocol], machine[protocol]);
      for (const source of [(await own())[protocol], machine[protocol], peer[protocol]])
        await intruder.forge(source, peer[protocol], 8000);
      await intruder.forge(peer[protocol], machine[protocol], 81);
    }
    expect(await atPeer.heard()).toEqual([]);
    expect(await atMachine.heard()).toEqual([]);
    for (const protocol of PROTOCOLS) {
      const source = (await own())[protocol];
      await intruder.forge(source, machine[protocol], 81);
      expect(await atMachine.heard(), "its own network may ask it").toContain(source);
    }
  });
});
