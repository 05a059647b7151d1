import { Hostname } from "@tailnet-share/contract/log-in";
import type { NameCheck } from "@tailnet-share/contract/machine";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Clock } from "../lib/clock.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import type { MachineSurroundings } from "../workloads/machine-refusal.ts";
import { currentContainers } from "../workloads/workloads.ts";
import { freeName } from "./machine-names.ts";
import { newKey, type TailnetNames, takenFor } from "./machine-share.ts";
import { withRetiring } from "./retiring.ts";
import { type RetiringMachine, SHARES_VERSION, type SharesFile, type StoredShare } from "./stored-share.ts";
import { type PutSurroundings, shareFor } from "./wanted-share.ts";
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

  return {
    list: () => store.get().shares,
    retiring: () => store.get().retiring,

    async put(workload, wanted, surroundings) {
      await change((before) => {
        const { shares, retiring } = before;
        const share = shareFor(workload, wanted, surroundings, {
          before,
          here: currentContainers(observed().containers, shares).get(workload),
          removed: lately.get(workload),
          surroundings: observed(),
          now: clock.now(),
        });
        const isNew = !shares.some((one) => one.workload === workload);
        return {
          shares: isNew ? [...shares, share] : shares.map((one) => (one.workload === workload ? share : one)),
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
