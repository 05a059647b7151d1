import { AppError } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Settings } from "@tailnet-share/contract/settings";
import { MAX_PORTS_PER_SHARE, type Mode, type PutShare } from "@tailnet-share/contract/share";
import type { ContainerFacts } from "../workloads/facts.ts";
import { type Heard, likeliestFirst, portOfOneClick } from "../workloads/likely-port.ts";
import { type MachineSurroundings, machineRefusalOf } from "../workloads/machine-refusal.ts";
import { refusalOf } from "../workloads/targets.ts";
import type { currentContainers } from "../workloads/workloads.ts";
import { machineName } from "./machine-names.ts";
import { machinePorts, type TailnetNames, wantedMachine } from "./machine-share.ts";
import { assignNodePorts, type ReservedPort } from "./node-ports.ts";
import type { SharesFile, StoredShare } from "./stored-share.ts";

export interface PutSurroundings {
  /** The mode for a share that names none. */
  mode: Mode;
  names: TailnetNames;
  /** The naming rule for a machine that gets its name now. */
  machineNames: Settings["machineNames"];
  /** Result of a recent look into the container; null or omitted without one. */
  heard?: Heard | null;
}

/** The state of a workload at a click. */
interface Met {
  before: SharesFile;
  /** The workload's container; undefined when there is none. */
  here: FoundContainer | undefined;
  /** The share that was removed most recently from the workload; undefined without one. */
  removed: StoredShare | undefined;
  surroundings: MachineSurroundings;
  reserved: readonly ReservedPort[];
  /** Milliseconds since the epoch. */
  now: number;
}

export type FoundContainer = NonNullable<ReturnType<ReturnType<typeof currentContainers>["get"]>>;

/** The share that a click asks for, next to the stored ones. Throws as `ShareService.put` rejects. Pure. */
export function shareFor(workload: string, wanted: PutShare, usual: PutSurroundings, met: Met): StoredShare {
  const { before, here, removed, surroundings, reserved, now } = met;
  const own = before.shares.find((share) => share.workload === workload);
  const otherShares = before.shares.filter((share) => share !== own);
  const facts = here === undefined ? (own ?? removed) : factsOf(here);
  if (facts === undefined) {
    throw new AppError(
      "UNKNOWN_WORKLOAD",
      "There is no such container.",
      "It may have been removed. Check the list.",
    );
  }
  const mode = wanted.mode ?? own?.mode ?? usual.mode;
  assertFew(wanted.ports ?? [], mode);
  if (here !== undefined) assertShareable(here.container, mode, surroundings);
  const machine =
    mode === "machine" || wanted.machine !== undefined
      ? wantedMachine(workload, machineName(facts, usual.machineNames), wanted.machine, {
          ...{ own, otherShares, names: usual.names },
          retiring: before.retiring,
        })
      : unpublished(own?.machine ?? null);
  return {
    workload,
    mode,
    ports:
      mode === "machine"
        ? portsOfMachine(wanted, own, here)
        : portsOnNode(wanted, own, otherShares, here, usual, reserved),
    machine,
    network: wanted.network === undefined ? (own?.network ?? null) : wanted.network,
    until: wanted.until === undefined ? (own?.until ?? null) : endOf(wanted.until, now),
    name: facts.name,
    project: facts.project,
    image: facts.image,
    lastContainerId: facts.lastContainerId,
  };
}

function portsOfMachine(
  wanted: PutShare,
  own: StoredShare | undefined,
  here: FoundContainer | undefined,
): StoredShare["ports"] {
  const declared = likeliestFirst(here?.container.ports ?? [], here?.container.published);
  return machinePorts(wanted.ports ?? own?.ports ?? declared.slice(0, MAX_PORTS_PER_SHARE));
}

function portsOnNode(
  wanted: PutShare,
  own: StoredShare | undefined,
  otherShares: readonly StoredShare[],
  here: FoundContainer | undefined,
  { heard = null }: PutSurroundings,
  reserved: readonly ReservedPort[],
): StoredShare["ports"] {
  const ports = wanted.ports ??
    nodePortsOf(own) ?? [knownPort(here && portOfOneClick(here.container, heard))];
  return assignNodePorts(
    ports,
    own?.mode === "node" ? own : undefined,
    otherShares.filter((share) => share.mode === "node"),
    reserved,
  );
}

function factsOf({ identity, container }: FoundContainer) {
  return {
    name: identity.name,
    project: identity.project,
    image: container.image,
    lastContainerId: container.id,
  };
}

function assertShareable(container: ContainerFacts, mode: Mode, surroundings: MachineSurroundings): void {
  const refusal = refusalOf(container);
  if (refusal !== null) throw new AppError("NOT_SHAREABLE", refusal.message, refusal.hint);
  const asMachine = mode === "machine" ? machineRefusalOf(container, surroundings) : null;
  if (asMachine !== null) throw new AppError(asMachine.code, asMachine.message, asMachine.hint);
}

/** Each port of a share takes a port of the node and a line in the panel. */
function assertFew({ length }: readonly ContainerPort[], mode: Mode): void {
  if (length <= MAX_PORTS_PER_SHARE) return;
  throw new AppError(
    "BAD_REQUEST",
    `A share can list ${MAX_PORTS_PER_SHARE} ports, and these are ${length}.`,
    mode === "machine"
      ? "A machine answers on all of its container's ports; list only those that you want an address for."
      : "Choose fewer, or share it as its own machine, which answers on all of its container's ports.",
  );
}

/** Switches Funnel off when a share moves back to the node. It stays off when the share becomes a machine again. */
function unpublished(machine: StoredShare["machine"]): StoredShare["machine"] {
  return machine && { ...machine, funnel: false };
}

function endOf(until: string | null, now: number): number | null {
  if (until === null) return null;
  const end = Date.parse(until);
  if (end > now) return end;
  throw new AppError("BAD_REQUEST", "The share would end in the past.", "Choose a later time.");
}

/** A machine's ports have no node ports yet, and a machine without ports has none to share there. */
function nodePortsOf(own: StoredShare | undefined): ContainerPort[] | undefined {
  if (own === undefined || own.mode === "node") return own?.ports;
  const [port] = likeliestFirst(own.ports.map(({ port, protocol }) => ({ port, protocol })));
  return port && [port];
}

function knownPort(port: ContainerPort | undefined): ContainerPort {
  if (port !== undefined) return port;
  throw new AppError(
    "NO_PORTS_KNOWN",
    "The image exposes no ports, or the engine hasn't reported them yet.",
    "Enter the port that the application listens on.",
  );
}
