import { AppError } from "@tailnet-share/contract/errors";
import { Hostname } from "@tailnet-share/contract/log-in";
import type { NameCheck } from "@tailnet-share/contract/machine";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Settings } from "@tailnet-share/contract/settings";
import { MAX_PORTS_PER_SHARE, type Mode, type PutShare } from "@tailnet-share/contract/share";
import type { Clock } from "../lib/clock.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { type Heard, likeliestFirst, portOfOneClick } from "../workloads/likely-port.ts";
import { type MachineSurroundings, machineRefusalOf } from "../workloads/machine-refusal.ts";
import { refusalOf } from "../workloads/targets.ts";
import { currentContainers } from "../workloads/workloads.ts";
import { freeName, machineName } from "./machine-names.ts";
import { machinePorts, newKey, type TailnetNames, takenFor, wantedMachine } from "./machine-share.ts";
import { assignNodePorts } from "./node-ports.ts";
import { type RetiringMachine, SHARES_VERSION, type SharesFile, type StoredShare } from "./stored-share.ts";
import { withoutConflicts } from "./without-conflicts.ts";

/** Changes stored intentions. Touches neither Docker nor tailscaled: the loop sees the change and acts. */
export interface ShareService {
  list(): readonly StoredShare[];
  /** Machines that are no longer wanted and still have an identity. */
  retiring(): readonly RetiringMachine[];
  /**
   * Shares a workload. Rejects with `AppError`: `UNKNOWN_WORKLOAD`, `NOT_SHAREABLE`, `NO_PORTS_KNOWN`, `NODE_PORT_TAKEN`, `NOT_A_MACHINE`,
   * `TAILSCALED_PRESENT`, `NAME_TAKEN`, `BAD_REQUEST`, `STORE_UNWRITABLE`; nothing is changed then.
   */
  put(workload: string, wanted: PutShare, surroundings: PutSurroundings): Promise<void>;
  /** Ends a workload's share. Does nothing if there is none. */
  remove(workload: string): Promise<void>;
  removeAll(): Promise<void>;
  /** Replaces all shares with these, which come from another installation's store. Their containers need not exist here. */
  replaceAll(shares: readonly StoredShare[]): Promise<void>;
  /** Stores the current name of a share's container; its ports stay. */
  rebind(
    workload: string,
    to: Pick<StoredShare, "workload" | "name" | "project" | "image" | "lastContainerId">,
  ): Promise<void>;
  /** Gives up removing a machine from its tailnet. Does nothing if the machine isn't retiring. */
  dismiss(key: string): Promise<void>;
  /** Forgets a machine whose identity is gone. */
  retired(key: string): Promise<void>;
  checkName(name: string, workload: string, names: TailnetNames): Omit<NameCheck, "dnsName">;
}

export interface PutSurroundings {
  /** The mode for a share that names none. */
  mode: Mode;
  names: TailnetNames;
  /** The naming rule for a machine that gets its name now. */
  machineNames: Settings["machineNames"];
  /** Result of a recent look into the container; null or omitted without one. */
  heard?: Heard | null;
}

/** Remember the names of this many removed shares until the backend ends, for undoing a removal. */
const KEPT_REMOVED = 1_000;

/** `observed` returns the last observation. */
export function createShareService(
  store: JsonStore<SharesFile>,
  observed: () => MachineSurroundings & { containers: readonly ContainerFacts[] },
  clock: Clock,
): ShareService {
  const lately = new Map<string, StoredShare>();

  /** Assigns ports and names based on the result of the previous change. */
  async function change(next: (before: SharesFile) => Omit<SharesFile, "version">): Promise<void> {
    await store.update((before) => {
      const after: SharesFile = {
        version: SHARES_VERSION,
        ...withRetiring(before, next(before), clock.now()),
      };
      return JSON.stringify(after) === JSON.stringify(before) ? before : after;
    });
  }

  /** The next click may undo the removal, although no container shows the share's name any more. */
  function remember(removed: readonly StoredShare[]): void {
    for (const share of removed) lately.set(share.workload, share);
    for (const workload of [...lately.keys()].slice(0, -KEPT_REMOVED)) lately.delete(workload);
  }

  function found(workload: string) {
    return currentContainers(observed().containers, store.get().shares).get(workload);
  }

  return {
    list: () => store.get().shares,
    retiring: () => store.get().retiring,

    async put(workload, wanted, { mode: usualMode, names, machineNames, heard = null }) {
      await change((before) => {
        const { shares, retiring } = before;
        const own = shares.find((share) => share.workload === workload);
        const others = shares.filter((share) => share !== own);
        const here = found(workload);
        const facts = here === undefined ? (own ?? lately.get(workload)) : factsOf(here);
        if (facts === undefined) {
          throw new AppError(
            "UNKNOWN_WORKLOAD",
            "There is no such container.",
            "It may have been removed. Look at the list again.",
          );
        }
        const mode = wanted.mode ?? own?.mode ?? usualMode;
        assertFew(wanted.ports ?? [], mode);
        const declared = likeliestFirst(here?.container.ports ?? [], here?.container.published);
        if (here !== undefined) assertShareable(here.container, mode, observed());
        const machine =
          mode === "machine" || wanted.machine !== undefined
            ? wantedMachine(workload, machineName(facts, machineNames), wanted.machine, {
                own,
                others,
                retiring,
                names,
              })
            : unpublished(own?.machine ?? null);
        const ports =
          mode === "machine"
            ? machinePorts(wanted.ports ?? own?.ports ?? declared.slice(0, MAX_PORTS_PER_SHARE))
            : assignNodePorts(
                wanted.ports ??
                  nodePortsOf(own) ?? [knownPort(here && portOfOneClick(here.container, heard))],
                own?.mode === "node" ? own : undefined,
                others.filter((share) => share.mode === "node"),
              );
        const share: StoredShare = {
          workload,
          mode,
          ports,
          machine,
          network: wanted.network === undefined ? (own?.network ?? null) : wanted.network,
          until: wanted.until === undefined ? (own?.until ?? null) : endOf(wanted.until, clock.now()),
          name: facts.name,
          project: facts.project,
          image: facts.image,
          lastContainerId: facts.lastContainerId,
        };
        return {
          shares: own ? shares.map((one) => (one === own ? share : one)) : [...shares, share],
          retiring,
        };
      });
    },

    async remove(workload) {
      await change(({ shares, retiring }) => {
        remember(shares.filter((share) => share.workload === workload));
        return { shares: shares.filter((share) => share.workload !== workload), retiring };
      });
    },

    async removeAll() {
      await change(({ shares, retiring }) => {
        remember(shares);
        return { shares: [], retiring };
      });
    },

    async replaceAll(wanted) {
      // Stored IDs belong to containers on another engine.
      const shares = withoutConflicts(wanted).map((share) => ({ ...share, lastContainerId: null }));
      await change(({ retiring }) => ({ shares, retiring }));
    },

    async rebind(workload, to) {
      await change((before) => {
        const { shares, retiring } = before;
        // The user may have shared it since this was planned, and two shares never merge.
        if (to.workload !== workload && shares.some((share) => share.workload === to.workload)) return before;
        return {
          shares: shares.map((share) => (share.workload === workload ? { ...share, ...to } : share)),
          retiring: retiring.map((machine) =>
            machine.workload === workload ? { ...machine, workload: to.workload } : machine,
          ),
        };
      });
    },

    async dismiss(key) {
      await change(({ shares, retiring }) => ({
        shares,
        retiring: retiring.map((machine) =>
          machine.key === key ? { ...machine, dismissed: true } : machine,
        ),
      }));
    },

    async retired(key) {
      await change(({ shares, retiring }) => ({
        shares,
        retiring: retiring.filter((machine) => machine.key !== key),
      }));
    },

    checkName(name, workload, names) {
      const { shares, retiring } = store.get();
      const own = shares.find((share) => share.workload === workload);
      const others = shares.filter((share) => share !== own);
      const key = own?.machine?.key ?? newKey(workload, { others, retiring, names });
      const taken = takenFor(key, { own, others, retiring, names });
      return { name, taken: taken.has(name), proposal: Hostname.parse(freeName(name, taken)) };
    },
  };
}

function factsOf({
  identity,
  container,
}: NonNullable<ReturnType<ReturnType<typeof currentContainers>["get"]>>) {
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
    "The container declares no port, or the engine has not reported its ports, so no port could be chosen.",
    "Enter the port that the application listens on.",
  );
}

/** Machines that are no longer wanted start to retire; those that are wanted again stop. */
function withRetiring(before: SharesFile, after: Omit<SharesFile, "version">, now: number) {
  const machines = (shares: readonly StoredShare[]) =>
    shares.flatMap(({ workload, mode, machine }) =>
      mode === "machine" && machine !== null ? [{ workload, ...machine }] : [],
    );
  const wanted = new Set(machines(after.shares).map(({ key }) => key));
  const left = machines(before.shares).filter(({ key }) => !wanted.has(key));
  const retiring = after.retiring.filter(({ key }) => !wanted.has(key));
  return {
    shares: after.shares,
    retiring: [
      ...retiring,
      ...left.map(({ key, workload, name }) => ({ key, workload, name, since: now, dismissed: false })),
    ],
  };
}
