import { isIPv4 } from "node:net";
import type { Logger } from "pino";
import { z } from "zod";
import type { OwnContainerCalls } from "../../engine/own-containers.ts";
import { createMutex } from "../../lib/timing.ts";
import type { LocalApi } from "../../tailscale/localapi/localapi.ts";
import { letsOpen, type PacketFilter } from "../../tailscale/localapi/packet-filter.ts";
import { ENTRY_PROGRAM, type MachineRuntime } from "../container/container.ts";
import type { ObservedMachines } from "../observed-machines.ts";
import { VisitAnswer, visitInOrder } from "./visit-ports.ts";

/** The node, and its TCP ports to visit. */
export interface NodeToVisit {
  addresses: readonly string[];
  tailnet: string;
  ports: readonly number[];
  /** The tailnet's rules at the node; null if unknown. */
  filter: PacketFilter | null;
}

/**
 * The result of a machine's visit to the node over the tailnet; `by` is the machine's name.
 * - `nobody`: no machine of this tailnet is up here.
 * - `not-allowed`: the tailnet's rules let no machine open any of the ports.
 * - `cut-off`: the machine's tailscaled doesn't reach the node's.
 * - `unable`: the machine could not visit, for a reason that says nothing about the node.
 * - `unmet`: the port refused or didn't answer, and nothing in between explains that.
 */
export type NodeVisit =
  | { kind: "nobody" }
  | { kind: "not-allowed" | "cut-off" | "unable"; by: string }
  | { kind: "met"; by: string; ports: readonly number[] }
  | { kind: "unmet"; by: string; port: number; answer: "refused" | "none" };

/** Never rejects. One visit at a time. */
export type VisitNode = (node: NodeToVisit) => Promise<NodeVisit>;

/** Limit that keeps a check fast. */
const MOST_PORTS = 8;
/** How many other machines visit if the first one got no answer. */
const MOST_OTHERS = 1;
/** Packets are lost while two devices find each other. */
const PINGS = 3;
const TSMP_MS = 1_000;
/** Timeout for a port of a node that forwards in userspace. Milliseconds. */
const DIAL_MS = 5_000;

const Answers = z.array(VisitAnswer);

export interface NodeVisitorDependencies {
  engine: Pick<OwnContainerCalls, "runInOwn">;
  /** The client of a machine's tailscaled, by the machine's key. */
  localApi: (key: string) => Pick<LocalApi, "ping" | "dial">;
  /** The last observation. */
  machines: () => MachinesUp;
  log: Logger;
}

export function createNodeVisitor(dependencies: NodeVisitorDependencies): VisitNode {
  const mutex = createMutex();
  return async (node) => await mutex(async () => await visit(node, dependencies));
}

async function visit(node: NodeToVisit, dependencies: NodeVisitorDependencies): Promise<NodeVisit> {
  const address = node.addresses.find(isIPv4);
  const [first, ...alternatives] = possibleVisitors(dependencies.machines(), node);
  if (first === undefined || address === undefined) return { kind: "nobody" };
  if (first.ports.length === 0) return { kind: "not-allowed", by: first.name };
  let came = await visitBy(first, node, address, dependencies);
  // A firewall in one machine's container is no fault of the node's, so let another machine try.
  for (const visitor of alternatives.filter(({ ports }) => ports.length > 0).slice(0, MOST_OTHERS)) {
    if (came.kind === "met") return came;
    const next = await visitBy(visitor, node, address, dependencies);
    const explains = came.kind !== "unmet" || (next.kind === "met" && next.ports.includes(came.port));
    if (explains) came = next;
  }
  return came;
}

async function visitBy(
  visitor: Visitor,
  node: NodeToVisit,
  address: string,
  dependencies: NodeVisitorDependencies,
): Promise<NodeVisit> {
  const { machines, localApi, log } = dependencies;
  const { name, key, containerId } = visitor;
  const { runtime } = machines();
  if (runtime === null || !(await reaches(localApi(key), address))) return { kind: "cut-off", by: name };
  const answers = await answersTo(visitor, address, runtime.tun, dependencies).catch((err: unknown) => {
    log.warn({ event: "machine.visit-failed", err, machine: key }, "a machine could not connect to the node");
    return [];
  });
  // A machine that ended during the visit proves nothing.
  const still = possibleVisitors(machines(), node).some((candidate) => candidate.containerId === containerId);
  return outcomeOf(visitor, still ? answers : [], node.filter !== null);
}

async function reaches(api: Pick<LocalApi, "ping">, address: string): Promise<boolean> {
  // Ping first to establish the path: a device drops a handshake from a peer that it doesn't know yet, and the retry takes five seconds.
  return (
    (await isAnswered(async () => await api.ping(address, "disco"))) &&
    (await isAnswered(async () => await api.ping(address, "TSMP", TSMP_MS)))
  );
}

async function isAnswered(ping: () => Promise<number | null>): Promise<boolean> {
  for (let turn = 0; turn < PINGS; turn += 1) if ((await ping()) !== null) return true;
  return false;
}

async function answersTo(
  visitor: Visitor,
  address: string,
  tun: MachineRuntime["tun"],
  { engine, localApi }: NodeVisitorDependencies,
): Promise<VisitAnswer[]> {
  if (tun === "kernel") return await answersFromWithin(visitor, address, engine);
  const { dial } = localApi(visitor.key);
  return await visitInOrder(visitor.ports, async (port) => (await dial(address, port, DIAL_MS)) ?? "unable");
}

async function answersFromWithin(
  { containerId, ports }: Visitor,
  address: string,
  engine: NodeVisitorDependencies["engine"],
): Promise<VisitAnswer[]> {
  const command = [...ENTRY_PROGRAM, "visit", address, ports.join()];
  const { code, output } = await engine.runInOwn(containerId, command);
  if (code !== 0) throw new Error(`exit code ${code}: ${output.slice(-500)}`);
  return Answers.parse(JSON.parse(output));
}

type MachinesUp = Pick<ObservedMachines, "runtime" | "present">;

interface Visitor {
  key: string;
  containerId: string;
  name: string;
  /** The ports that the tailnet's rules let it open. */
  ports: readonly number[];
}

/** The machines that can visit, the one that may open the most ports first. Pure. */
function possibleVisitors(
  { runtime, present }: MachinesUp,
  { addresses, tailnet, ports, filter }: NodeToVisit,
): Visitor[] {
  if (runtime === null) return [];
  return present
    .flatMap(({ key, containerId, run, hangs, tag, node }): Visitor[] => {
      if (run !== "running" || hangs || node.state !== "connected" || node.tailnet !== tailnet) return [];
      // With a TUN our own program makes the visit, and only our image has it.
      if (runtime.tun === "kernel" && tag !== "") return [];
      const allowed = ports.filter(
        (port) => filter === null || letsOpen(filter, node.addresses, addresses, { port, protocol: "tcp" }),
      );
      return [{ key, containerId, name: node.name, ports: allowed.slice(0, MOST_PORTS) }];
    })
    .toSorted((a, b) => b.ports.length - a.ports.length || a.key.localeCompare(b.key));
}

/** `answers` are in the order of the client's ports. Pure. */
function outcomeOf(
  { name, ports }: Visitor,
  answers: readonly VisitAnswer[],
  rulesKnown: boolean,
): NodeVisit {
  const met = answers.filter((answer) => answer === "taken").length;
  const [port, answer] = [ports[met], answers[met]];
  if (met === ports.length) return { kind: "met", by: name, ports };
  // If the rules are unknown, they may be the reason for the silence.
  const proves = answer === "refused" || (answer === "none" && rulesKnown);
  return proves && port !== undefined
    ? { kind: "unmet", by: name, port, answer }
    : { kind: "unable", by: name };
}
