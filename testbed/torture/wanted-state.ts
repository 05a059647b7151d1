import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { ApiError } from "../src/api.ts";
import type { Bed } from "../src/bed.ts";
import { type Census, forwardText } from "./actual-state.ts";

const PORT = 8080;

/** The wanted state of a container, by its last click. */
export type Intention =
  | { readonly mode: "off" }
  /** `until`: milliseconds since the epoch; null for never. */
  | { readonly mode: "node"; readonly until: number | null }
  | { readonly mode: "machine"; readonly name: string; readonly httpsPort: number | null };

export const OFF: Intention = { mode: "off" };

/** A container that is shared and unshared, and its known state. */
export interface Place {
  readonly kind: "node" | "machine";
  readonly containerId: string;
  readonly network: string;
  readonly nodePort: number;
  /** No other share is on its network. */
  readonly lonely: boolean;
  name: string;
  address: string;
  /** One intention. If a crash interrupted a click, the previous one and the click's own. */
  wanted: readonly [Intention, ...Intention[]];
  /** When it was last switched off; 0 if it was never on. */
  offSince: number;
}

const HEIRS = 5;
const LONELY = 4;
const TOGETHER = 2;
const FIRST_NODE_PORT = 22_000;

/** Creates containers that are alone on their networks, some that share one, and some that become machines. */
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

/** Its address may change with a restart. */
export async function findAddress({ engine }: Bed, place: Place): Promise<void> {
  const format = `{{(index .NetworkSettings.Networks "${place.network}").IPAddress}}`;
  place.address = await engine.docker(["inspect", "-f", format, place.containerId]);
}

/** Its machine's names, used in turn. */
export function namesOf({ kind, name }: Place): readonly string[] {
  return kind === "machine" ? [name, `${name}-too`] : [];
}

export function isOn({ wanted }: Place): boolean {
  return wanted[0].mode !== "off";
}

/** Clicks. A click without an answer because the backend exits may or may not have been stored. */
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

/** Returns true when the backend exited before it answered. */
export function isCutOff(error: unknown): boolean {
  return error instanceof ApiError && error.status === 502;
}

function decide(place: Place, intention: Intention): void {
  if (intention.mode === "off" && isOn(place)) place.offSince = Date.now();
  place.wanted = [intention];
}

/** Adopts each share's state after a start as wanted, when a crash left that open. */
export function adopt(places: readonly Place[], snapshot: Snapshot): void {
  for (const place of places) {
    const found = place.wanted.find((intention) => isStored(snapshot, place, intention));
    if (found !== undefined) decide(place, found);
    // A past end time ends a share even without a running backend.
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

/** Lists where the snapshot differs from what is wanted. Empty when it matches and every share is live. */
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

/** Lists where the kernel and the engine differ from what is wanted. `home`: the backend's own network. */
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

/** The address at which another device reaches it; null while it is off. */
export function addressOf({ wanted, nodePort }: Place): string | null {
  const [intention] = wanted;
  if (intention.mode === "off") return null;
  return intention.mode === "node"
    ? `http://docker.tail.test:${nodePort}`
    : `http://${intention.name}.tail.test:${PORT}`;
}
