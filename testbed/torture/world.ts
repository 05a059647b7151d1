import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { ApiError } from "../src/api.ts";
import type { Bed } from "../src/bed.ts";
import { type Census, forwardText } from "./census.ts";

const PORT = 8080;

/** What somebody wants of a container, as they last clicked. */
export type Intention =
  | { readonly mode: "off" }
  /** `until`: milliseconds since the epoch; null for never. */
  | { readonly mode: "node"; readonly until: number | null }
  | { readonly mode: "machine"; readonly name: string; readonly httpsPort: number | null };

export const OFF: Intention = { mode: "off" };

/** A container that is shared and unshared, and what is known about it. */
export interface Place {
  readonly kind: "node" | "machine";
  readonly containerId: string;
  readonly network: string;
  readonly nodePort: number;
  /** Nobody else's share is on its network. */
  readonly lonely: boolean;
  name: string;
  address: string;
  /** One, or, when a click was cut off by a crash, the one before it and its own. */
  wanted: readonly [Intention, ...Intention[]];
  /** When it was last switched off; 0 for never on. */
  offSince: number;
}

const HEIRS = 5;
const LONELY = 4;
const TOGETHER = 2;
const FIRST_NODE_PORT = 22_000;

/** Some alone on their networks, some together on one, and some that become machines. */
export async function makePlaces(bed: Bed): Promise<Place[]> {
  const { id, samples, tailnet } = bed;
  const together = `tt-net-${id}`;
  await samples.createNetwork(together);
  const plans: Pick<Place, "kind" | "network" | "lonely">[] = [];
  for (let index = 0; index < LONELY; index += 1) {
    const network = `tt-net-${id}-${index}`;
    await samples.createNetwork(network);
    plans.push({ kind: "node", network, lonely: true });
  }
  for (let index = 0; index < TOGETHER; index += 1)
    plans.push({ kind: "node", network: together, lonely: false });
  for (let index = 0; index < HEIRS; index += 1)
    plans.push({ kind: "machine", network: tailnet.network.name, lonely: false });
  const places: Place[] = [];
  for (const [index, plan] of plans.entries()) {
    const name = `tt-${id}-${index}`;
    const sample = await samples.start({ name, http: PORT, networks: [plan.network] });
    const nodePort = FIRST_NODE_PORT + index;
    const place: Place = {
      ...plan,
      containerId: sample.id,
      name,
      nodePort,
      address: "",
      wanted: [OFF],
      offSince: 0,
    };
    await findAddress(bed, place);
    places.push(place);
  }
  return places;
}

/** Its address may be another one after a restart. */
export async function findAddress({ engine }: Bed, place: Place): Promise<void> {
  const format = `{{(index .NetworkSettings.Networks "${place.network}").IPAddress}}`;
  place.address = await engine.docker(["inspect", "-f", format, place.containerId]);
}

/** What its machine is called, in turn. */
export function namesOf({ kind, name }: Place): readonly string[] {
  return kind === "machine" ? [name, `${name}-too`] : [];
}

export function isOn({ wanted }: Place): boolean {
  return wanted[0].mode !== "off";
}

/** Clicks. A click that gets no answer because the backend ends may have been stored or not. */
export async function want({ api }: Bed, place: Place, intention: Intention): Promise<void> {
  const before = place.wanted[0];
  place.wanted = [before, intention];
  const workload = `name:${place.name}`;
  try {
    if (intention.mode === "off") await api.deleteShare(workload);
    else if (intention.mode === "machine") {
      const { name, httpsPort } = intention;
      await api.putShare(workload, { mode: "machine", machine: { name, httpsPort } });
    } else {
      const ports = [{ port: PORT, protocol: "tcp" as const, nodePort: place.nodePort }];
      const until = intention.until === null ? null : new Date(intention.until).toISOString();
      await api.putShare(workload, { mode: "node", ports, until });
    }
    decide(place, intention);
  } catch (error) {
    if (!isCutOff(error)) throw error;
  }
}

/** The backend ended before it had answered. */
export function isCutOff(error: unknown): boolean {
  return error instanceof ApiError && error.status === 502;
}

function decide(place: Place, intention: Intention): void {
  if (intention.mode === "off" && isOn(place)) place.offSince = Date.now();
  place.wanted = [intention];
}

/** What each place's share is found to be after a start becomes what is wanted, where a crash left that open. */
export function adopt(places: readonly Place[], snapshot: Snapshot): void {
  for (const place of places) {
    const found = place.wanted.find((intention) => isStored(snapshot, place, intention));
    if (found !== undefined) decide(place, found);
    // A time that is over ends a share also while nobody looks.
    const [only] = place.wanted;
    if (only.mode === "node" && only.until !== null && only.until <= Date.now()) decide(place, OFF);
  }
}

function isStored(snapshot: Snapshot, place: Place, intention: Intention): boolean {
  const share = snapshot.workloads.find(({ id }) => id === `name:${place.name}`)?.share ?? null;
  if (intention.mode === "off" || share === null) return intention.mode === "off" && share === null;
  if (share.mode !== intention.mode) return false;
  if (intention.mode === "node") return share.ports.every(({ nodePort }) => nodePort === place.nodePort);
  return share.machine?.name === intention.name && share.machine.httpsPort === intention.httpsPort;
}

/** Where the snapshot is not what is wanted; nothing when it is, and everything that is shared is live. */
export function snapshotDifferences(places: readonly Place[], snapshot: Snapshot): readonly string[] {
  const known = new Set(places.map(({ name }) => `name:${name}`));
  const others = snapshot.workloads.filter(({ id, share }) => share !== null && !known.has(id));
  return [
    ...others.map(({ id }) => `${id} is shared, and nobody asked for it`),
    ...places.flatMap((place) => {
      const share = snapshot.workloads.find(({ id }) => id === `name:${place.name}`)?.share ?? null;
      const told = share === null ? "off" : `${share.mode}, ${JSON.stringify(share.exposure)}`;
      const [intention] = place.wanted;
      if (!isStored(snapshot, place, intention))
        return [`${place.name} is ${told}; wanted is ${JSON.stringify(intention)}`];
      return share === null || share.exposure.state === "live" ? [] : [`${place.name} is ${told}`];
    }),
  ];
}

/** Where the kernel and the engine are not what is wanted. `home`: the backend's own network. */
export function censusDifferences(places: readonly Place[], census: Census, home: string): readonly string[] {
  const onNode = places.filter(({ wanted }) => wanted[0].mode === "node");
  const machines = places.filter(({ wanted }) => wanted[0].mode === "machine");
  return [
    ...compared(
      "rules",
      onNode.map(({ nodePort, address }) => forwardText(nodePort, address, PORT)),
      census.forwards,
    ),
    ...compared("networks", [...new Set([home, ...onNode.map(({ network }) => network)])], census.networks),
    ...compared(
      "machines",
      machines.map(({ containerId }) => `${containerId} true`),
      census.machines.map(({ target, runs }) => `${target} ${runs}`),
    ),
  ];
}

function compared(what: string, wanted: readonly string[], there: readonly string[]): readonly string[] {
  const [should, is] = [wanted.toSorted().join(", "), there.toSorted().join(", ")];
  return should === is ? [] : [`${what} are [${is}] instead of [${should}]`];
}

/** Where another device finds it; null while it is off. */
export function addressOf({ wanted, nodePort }: Place): string | null {
  const [intention] = wanted;
  if (intention.mode === "off") return null;
  return intention.mode === "node"
    ? `http://docker.tail.test:${nodePort}`
    : `http://${intention.name}.tail.test:${PORT}`;
}
