import type { Bed } from "../../src/bed.ts";
import type { Peer } from "../../src/tailnet/peer.ts";
import { machinesByKey, machineUp } from "../fixtures/machines.ts";
import { addAddresses } from "../fixtures/namespaces.ts";
import { addIpv6Peer, addressesOn, type Intruder, startIntruder } from "../fixtures/packets.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";
import { cardOf, type Forger, forgerOn } from "./frames.ts";

export const PROTOCOLS = ["four", "six"] as const;
type Protocol = (typeof PROTOCOLS)[number];
/** The destination; empty for a protocol without an address. */
export type Addresses = Readonly<Record<Protocol, string>>;

/** The port that each sample serves, and each listener listens on. */
export const PORT = 18_080;

/** Minor number of the Engine API that introduced gateway priorities for networks: 1.48. */
const FIRST_WITH_PRIORITIES = 48;

const NOWHERE: Addresses = { four: "", six: "" };

/** A host on a network. */
export interface Neighbour extends Addresses {
  readonly card: string;
}

/**
 * An intruder on two networks with shares, `ft-one` with `ft-victim` and `ft-two` with `ft-other`, and on `ft-six` with `ft-victim` again
 * and with `ft-machine`, a machine. `ft-closed`, which also has a share, contains `ft-secret` and `ft-insider`.
 */
export interface SharedNetworks {
  /** Protocols by which the backend joins the networks: an engine without gateway priorities moves the default route to one with IPv6. */
  readonly joinable: readonly Protocol[];
  readonly intruder: Intruder;
  /** A device of the tailnet with IPv6. */
  readonly laptop: Peer;
  /** Tailnet addresses of that device, the node and the machine. */
  readonly peer: Addresses;
  readonly node: Addresses;
  readonly machine: Addresses;
  /**
   * An additional address of a sample on its shared network, unknown to the engine. Some engines drop all packets to containers of other
   * networks, so packets to a known address would not even reach the backend.
   */
  hidden(name: string): Addresses;
  /** The default gateways of the backend's own network. */
  readonly deadEnd: Addresses;
  /** A container on a network, by name; defaults to `ft-intruder`. */
  on(network: string, name?: string): Promise<Neighbour>;
  backendOn(network: string): Promise<Neighbour>;
  /** The engine's machine on a network. */
  engineOn(network: string): Promise<Addresses>;
  forger(network: string, name?: string): Promise<Forger>;
  /** The address of a share. */
  url(name: string): Promise<string>;
}

export async function openSharedNetworks(bed: Bed): Promise<SharedNetworks> {
  await bed.login();
  await machinesByKey(bed);
  const [, minor = 0] = bed.engine.apiVersion.split(".").map(Number);
  const joinable = minor >= FIRST_WITH_PRIORITIES ? PROTOCOLS : (["four"] as const);
  for (const [index, name] of ["ft-one", "ft-two", "ft-closed", "ft-six"].entries()) {
    const isIpv6 = name === "ft-six" || joinable.length === 2;
    // Set explicitly, because engine 20.10 does not report its choice of the IPv6 gateway.
    const ipv6 = ["--ipv6", "--subnet", `fd00:77:${index}::/64`, "--gateway", `fd00:77:${index}::1`];
    await bed.samples.createNetwork(name, isIpv6 ? ipv6 : []);
  }
  const hidden = new Map<string, Addresses>();
  for (const [name, ...networks] of [
    ["ft-victim", "ft-one", "ft-six"],
    ["ft-other", "ft-two"],
    ["ft-secret", "ft-closed"],
  ] as const) {
    await bed.samples.start({ name, http: PORT, networks });
    await liveAddress(bed, `name:${name}`, await bed.api.putShare(`name:${name}`, { mode: "node" }), 60_000);
    const { four, six } = await addressesOn(bed, name, networks[0]);
    const additional = { four: four.replace(/\d+$/, "250"), six: six.replace(/[^:]+$/, "250") };
    await addAddresses(bed, name, four, all(additional));
    hidden.set(name, additional);
  }
  // Starts with forwarding off; engines leave it on for IPv4.
  const flags = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=0", "--sysctl", "net.ipv4.ip_forward=0"];
  const networks = [bed.tailnet.network.name, "ft-six"];
  await bed.samples.start({ name: "ft-machine", http: 80, expose: [], networks, flags });
  await bed.api.putShare("name:ft-machine", { mode: "machine" });
  await machineUp(bed, "name:ft-machine");
  await reaches(bed.peer, "http://ft-machine.tail.test", "hello");
  const intruder = await startIntruder(bed, "ft-intruder", "ft-one", "ft-two", "ft-six");
  const insider = await startIntruder(bed, "ft-insider", "ft-closed");
  const laptop = await addIpv6Peer(bed, "laptop");
  const { node, workloads } = await bed.api.snapshot();
  const machine = workloads.find(({ id }) => id === "name:ft-machine")?.share?.machine;
  const containers: Readonly<Record<string, Intruder>> = { "ft-intruder": intruder, "ft-insider": insider };

  async function somebody(container: string, network: string): Promise<Neighbour> {
    const card = await cardOf(bed, container, network);
    return { ...(await addressesOn(bed, container, network)), card };
  }
  return {
    joinable,
    intruder,
    laptop,
    peer: pair((await laptop.exec(["tailscale", "ip"])).stdout.trim().split("\n")),
    node: pair(node.state === "connected" ? node.addresses : []),
    machine: pair(machine?.addresses ?? []),
    hidden: (name) => hidden.get(name) ?? NOWHERE,
    deadEnd: pair([bed.tailnet.network.deadEnd]),
    on: async (network, name = "ft-intruder") => await somebody(name, network),
    backendOn: async (network) => await somebody(bed.desktop.backend.containerId, network),
    async engineOn(network) {
      const format = `{{range .IPAM.Config}}{{.Gateway}} {{end}}`;
      const gateways = await bed.engine.docker(["network", "inspect", "-f", format, network]);
      return pair(gateways.split(" "));
    },
    forger: async (network, name = "ft-intruder") =>
      await forgerOn(bed, containers[name] ?? intruder, network),
    url: async (name) => await liveAddress(bed, `name:${name}`),
  };
}

function pair(addresses: readonly string[]): Addresses {
  const [four = "", six = ""] = [".", ":"].map((mark) =>
    addresses.find((candidate) => candidate.includes(mark)),
  );
  return { four, six };
}

interface Questions {
  readonly to: string;
  readonly from: readonly string[];
  readonly sources: readonly Addresses[];
  readonly targets: readonly Addresses[];
}

/** Frames to a MAC address, from each of the MAC addresses and sources to each target with an address of the same protocol. */
export function frames({ to, from, sources, targets }: Questions) {
  return PROTOCOLS.flatMap((protocol) =>
    from.flatMap((card) =>
      sources.flatMap(({ [protocol]: source }) =>
        targets.flatMap(({ [protocol]: target }) =>
          source === "" || target === "" ? [] : [{ to, from: card, source, target, port: PORT }],
        ),
      ),
    ),
  );
}

export function byFour({ four }: Addresses): Addresses {
  return { four, six: "" };
}

export function all(...somebody: readonly Addresses[]): readonly string[] {
  return somebody.flatMap(({ four, six }) => [four, six]).filter((address) => address !== "");
}

/** Sources expected after probes by TCP and by UDP. */
export function both(...somebody: readonly Addresses[]): readonly string[] {
  return all(...somebody).flatMap((address) => [address, `${address} by UDP`]);
}
