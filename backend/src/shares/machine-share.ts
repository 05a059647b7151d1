import { AppError } from "@tailnet-share/contract/errors";
import { Hostname } from "@tailnet-share/contract/log-in";
import type { NameCheck } from "@tailnet-share/contract/machine";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { PutShare, SharedPort } from "@tailnet-share/contract/share";
import { freeName, machineKey } from "./machine-names.ts";
import type { RetiringMachine, SharesFile, StoredMachine, StoredShare } from "./stored-share.ts";

/** Names in the tailnet, as far as known. */
export interface TailnetNames {
  /** Names of all devices, possibly including the machine's own. */
  taken: ReadonlySet<string>;
  /** Devices of logged-out machines, which get them back when they return. Null fields are unknown. */
  kept: readonly { key: string; workload: string | null; name: string | null }[];
}

export const NO_NAMES: TailnetNames = { taken: new Set(), kept: [] };

export interface MachineContext {
  /** The previous share; undefined for a new one. */
  own: StoredShare | undefined;
  otherShares: readonly StoredShare[];
  retiring: readonly RetiringMachine[];
  names: TailnetNames;
}

/**
 * The machine options that a share asks for. A name that the user did not choose is derived from the workload's and is always free. Pure.
 * Throws `AppError`: `NAME_TAKEN` with a free name as a proposal, `BAD_REQUEST`.
 */
export function wantedMachine(
  workload: string,
  /** The name while the user has chosen none. */
  usualName: string,
  wanted: PutShare["machine"],
  context: MachineContext,
): StoredMachine {
  const { own } = context;
  const before = own?.machine ?? null;
  const key = before?.key ?? newKey(workload, context);
  const taken = takenFor(key, context);
  if (wanted?.name !== undefined && taken.has(wanted.name)) {
    throw new AppError(
      "NAME_TAKEN",
      `The name ${wanted.name} is taken in your tailnet.`,
      `Take another, for example ${freeName(wanted.name, taken)}.`,
    );
  }
  const machine: StoredMachine = {
    key,
    name: wanted?.name ?? freeName(before?.name ?? usualName, taken),
    reachTailnet: wanted?.reachTailnet ?? before?.reachTailnet ?? false,
    httpsPort: wanted?.httpsPort === undefined ? (before?.httpsPort ?? null) : wanted.httpsPort,
    funnel: wanted?.funnel ?? before?.funnel ?? false,
  };
  if (machine.funnel && machine.httpsPort === null) {
    throw new AppError(
      "BAD_REQUEST",
      "Funnel needs a port to lead to.",
      "Choose the port for HTTPS, or switch Funnel off.",
    );
  }
  return machine;
}

/** Returns whether a name is free for a workload's machine, and a free one to propose. Pure. */
export function checkName(
  name: string,
  workload: string,
  { shares, retiring, names }: Pick<SharesFile, "shares" | "retiring"> & Pick<MachineContext, "names">,
): Omit<NameCheck, "dnsName"> {
  const own = shares.find((share) => share.workload === workload);
  const otherShares = shares.filter((share) => share !== own);
  const key = own?.machine?.key ?? newKey(workload, { otherShares, retiring, names });
  const taken = takenFor(key, { own, otherShares, retiring, names });
  return { name, taken: taken.has(name), proposal: Hostname.parse(freeName(name, taken)) };
}

/** A renamed workload keeps its machine, or what remains of it, under its previous key, which no other workload gets. */
function newKey(
  workload: string,
  { otherShares, retiring, names }: Pick<MachineContext, "otherShares" | "retiring" | "names">,
): string {
  const used = new Set(otherShares.flatMap(({ machine }) => machine?.key ?? []));
  const derived = machineKey(workload, used);
  const retires = new Set(retiring.map(({ key }) => key));
  const known = [...retiring, ...names.kept.filter(({ key }) => !retires.has(key))];
  const own = known.find(
    (machine) =>
      !used.has(machine.key) &&
      (machine.workload ?? (machine.key === derived ? workload : null)) === workload,
  );
  return own?.key ?? machineKey(workload, new Set([...used, ...known.map(({ key }) => key)]));
}

/** The names that a machine may not have: other devices' names, in the tailnet or merely wanted. */
function takenFor(key: string, { own, otherShares, retiring, names }: MachineContext): ReadonlySet<string> {
  const wantedByOthers = otherShares.flatMap(({ mode, machine }) =>
    mode === "machine" && machine !== null ? [machine.name] : [],
  );
  const taken = new Set([...names.taken, ...wantedByOthers]);
  // Devices with its names are its own, unless they have been deleted since.
  const kept = names.kept.find((machine) => machine.key === key)?.name;
  const ours =
    own?.mode === "machine" ? own.machine?.name : retiring.find((machine) => machine.key === key)?.name;
  for (const name of [kept, ours]) if (name != null && !wantedByOthers.includes(name)) taken.delete(name);
  return taken;
}

/** A machine answers on the container's own ports. */
export function machinePorts(ports: readonly ContainerPort[]): SharedPort[] {
  return ports.map(({ port, protocol }) => ({ port, protocol, nodePort: port }));
}
