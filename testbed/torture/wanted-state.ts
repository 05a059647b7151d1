import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { ApiError } from "../src/api.ts";
import type { Bed } from "../src/bed.ts";
import { type ActualState, forwardText } from "./actual-state.ts";

const PORT = 8080;

/** The wanted state of a container, by its last click. */
export type Intention =
  | { readonly mode: "off" }
  /** `until`: milliseconds since the epoch; null for never. */
  | { readonly mode: "node"; readonly until: number | null }
  | { readonly mode: "machine"; readonly name: string; readonly httpsPort: number | null };

export const OFF: Intention = { mode: "off" };

/** A container that is shared and unshared, and its known state. */
export interface ToggledContainer {
  readonly kind: "node" | "machine";
  readonly containerId: string;
  readonly network: string;
  readonly nodePort: number;
  /** No other share is on its network. */
  readonly aloneOnNetwork: boolean;
  name: string;
  address: string;
  /** The share's possible intentions: two if a crash interrupted a click, the one before it and the click's own. */
  wanted: readonly [Intention, ...Intention[]];
  /** When it was last switched off; 0 if it was never on. */
  offSince: number;
}

const MACHINES = 5;
const ALONE = 4;
const ON_SHARED_NETWORK = 2;
const FIRST_NODE_PORT = 22_000;

/** Creates containers that are alone on their networks, some that share one, and some that become machines. */
export async function startContainers(bed: Bed): Promise<ToggledContainer[]> {
  const { id, samples, tailnet } = bed;
  const sharedNetwork = `tt-net-${id}`;
  await samples.createNetwork(sharedNetwork);
  const plans: Pick<ToggledContainer, "kind" | "network" | "aloneOnNetwork">[] = [];
  for (let index = 0; index < ALONE; index += 1) {
    const network = `tt-net-${id}-${index}`;
    await samples.createNetwork(network);
    plans.push({ kind: "node", network, aloneOnNetwork: true });
  }
  for (let index = 0; index < ON_SHARED_NETWORK; index += 1)
    plans.push({ kind: "node", network: sharedNetwork, aloneOnNetwork: false });
  for (let index = 0; index < MACHINES; index += 1)
    plans.push({ kind: "machine", network: tailnet.network.name, aloneOnNetwork: false });
  const containers: ToggledContainer[] = [];
  for (const [index, plan] of plans.entries()) {
    const name = `tt-${id}-${index}`;
    const sample = await samples.start({ name, http: PORT, networks: [plan.network] });
    const nodePort = FIRST_NODE_PORT + index;
    const container: ToggledContainer = {
      ...plan,
      containerId: sample.id,
      name,
      nodePort,
      address: "",
      wanted: [OFF],
      offSince: 0,
    };
    await findAddress(bed, container);
    containers.push(container);
  }
  return containers;
}

/** The container's address, which may change with a restart. */
export async function findAddress({ engine }: Bed, container: ToggledContainer): Promise<void> {
  const format = `{{(index .NetworkSettings.Networks "${container.network}").IPAddress}}`;
  container.address = await engine.docker(["inspect", "-f", format, container.containerId]);
}

/** The machine's names, used in turn. */
export function namesOf({ kind, name }: ToggledContainer): readonly string[] {
  return kind === "machine" ? [name, `${name}-too`] : [];
}

export function isOn({ wanted }: ToggledContainer): boolean {
  return wanted[0].mode !== "off";
}

/** Clicks. A click without an answer because the backend exits may or may not have been stored. */
export async function want({ api }: Bed, container: ToggledContainer, intention: Intention): Promise<void> {
  const before = container.wanted[0];
  container.wanted = [before, intention];
  const workload = `name:${container.name}`;
  try {
    if (intention.mode === "off") await api.deleteShare(workload);
    else if (intention.mode === "machine") {
      const { name, httpsPort } = intention;
      await api.putShare(workload, { mode: "machine", machine: { name, httpsPort } });
    } else {
      const ports = [{ port: PORT, protocol: "tcp" as const, nodePort: container.nodePort }];
      const until = intention.until === null ? null : new Date(intention.until).toISOString();
      await api.putShare(workload, { mode: "node", ports, until });
    }
    decide(container, intention);
  } catch (error) {
    if (!isCutOff(error)) throw error;
  }
}

/** Returns true when the backend exited before it answered. */
export function isCutOff(error: unknown): boolean {
  return error instanceof ApiError && error.status === 502;
}

function decide(container: ToggledContainer, intention: Intention): void {
  if (intention.mode === "off" && isOn(container)) container.offSince = Date.now();
  container.wanted = [intention];
}

/** Adopts each share's state after a start as wanted, when a crash left that open. */
export function adopt(containers: readonly ToggledContainer[], snapshot: Snapshot): void {
  for (const container of containers) {
    const found = container.wanted.find((intention) => isStored(snapshot, container, intention));
    if (found !== undefined) decide(container, found);
    // A past end time ends a share even without a running backend.
    const [only] = container.wanted;
    if (only.mode === "node" && only.until !== null && only.until <= Date.now()) decide(container, OFF);
  }
}

function isStored(snapshot: Snapshot, container: ToggledContainer, intention: Intention): boolean {
  const share = snapshot.workloads.find(({ id }) => id === `name:${container.name}`)?.share ?? null;
  if (intention.mode === "off" || share === null) return intention.mode === "off" && share === null;
  if (share.mode !== intention.mode) return false;
  if (intention.mode === "node") return share.ports.every(({ nodePort }) => nodePort === container.nodePort);
  return share.machine?.name === intention.name && share.machine.httpsPort === intention.httpsPort;
}

/** Lists where the snapshot differs from what is wanted. Empty when it matches and every share is live. */
export function snapshotDifferences(
  containers: readonly ToggledContainer[],
  snapshot: Snapshot,
): readonly string[] {
  const known = new Set(containers.map(({ name }) => `name:${name}`));
  const unexpected = snapshot.workloads.filter(({ id, share }) => share !== null && !known.has(id));
  return [
    ...unexpected.map(({ id }) => `${id} is shared, and nobody asked for it`),
    ...containers.flatMap((container) => {
      const share = snapshot.workloads.find(({ id }) => id === `name:${container.name}`)?.share ?? null;
      const shown = share === null ? "off" : `${share.mode}, ${JSON.stringify(share.exposure)}`;
      const [intention] = container.wanted;
      if (!isStored(snapshot, container, intention))
        return [`${container.name} is ${shown}; wanted is ${JSON.stringify(intention)}`];
      return share === null || share.exposure.state === "live" ? [] : [`${container.name} is ${shown}`];
    }),
  ];
}

/** Lists where the kernel and the engine differ from what is wanted. `home`: the backend's own network. */
export function actualStateDifferences(
  containers: readonly ToggledContainer[],
  actualState: ActualState,
  ownNetwork: string,
): readonly string[] {
  const onNode = containers.filter(({ wanted }) => wanted[0].mode === "node");
  const machines = containers.filter(({ wanted }) => wanted[0].mode === "machine");
  return [
    ...differences(
      "rules",
      onNode.map(({ nodePort, address }) => forwardText(nodePort, address, PORT)),
      actualState.forwards,
    ),
    ...differences(
      "networks",
      [...new Set([ownNetwork, ...onNode.map(({ network }) => network)])],
      actualState.networks,
    ),
    ...differences(
      "machines",
      machines.map(({ containerId }) => `${containerId} true`),
      actualState.machines.map(({ target, runs }) => `${target} ${runs}`),
    ),
  ];
}

function differences(what: string, wanted: readonly string[], actual: readonly string[]): readonly string[] {
  const [should, is] = [wanted.toSorted().join(", "), actual.toSorted().join(", ")];
  return should === is ? [] : [`${what} are [${is}] instead of [${should}]`];
}

/** The address at which another device reaches it; null while it is off. */
export function addressOf({ wanted, nodePort }: ToggledContainer): string | null {
  const [intention] = wanted;
  if (intention.mode === "off") return null;
  return intention.mode === "node"
    ? `http://docker.tail.test:${nodePort}`
    : `http://${intention.name}.tail.test:${PORT}`;
}
