import type { NameCheck } from "@tailnet-share/contract/machine";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Clock } from "../lib/clock.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import type { MachineSurroundings } from "../workloads/machine-refusal.ts";
import { currentContainers } from "../workloads/workloads.ts";
import {
  fileAfter,
  type Rebinding,
  rebound,
  type Stored,
  withDismissed,
  withoutRetiring,
  withoutShare,
  withShare,
} from "./changes.ts";
import { checkName, type TailnetNames } from "./machine-share.ts";
import type { ReservedPort } from "./node-ports.ts";
import { createRecentlyRemoved } from "./recently-removed.ts";
import type { RetiringMachine, SharesFile, StoredShare } from "./stored-share.ts";
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
  rebind(workload: string, to: Rebinding): Promise<void>;
  /** Gives up removing a machine from its tailnet. Does nothing if the machine isn't retiring. */
  dismiss(key: string): Promise<void>;
  /** Forgets a machine whose identity is gone. */
  retired(key: string): Promise<void>;
  checkName(name: string, workload: string, names: TailnetNames): Omit<NameCheck, "dnsName">;
}

/** `observed` returns the last observation. `reserved`: ports of the node that no share may take. */
export function createShareService(
  store: JsonStore<SharesFile>,
  observed: () => MachineSurroundings & { containers: readonly ContainerFacts[] },
  clock: Clock,
  reserved: () => readonly ReservedPort[] = () => [],
): ShareService {
  const removed = createRecentlyRemoved();

  /** Assigns ports and names based on the result of the previous change. */
  async function change(next: (before: SharesFile) => Stored): Promise<void> {
    await store.update((before) => fileAfter(before, next(before), clock.now()));
  }

  async function put(workload: string, wanted: PutShare, surroundings: PutSurroundings): Promise<void> {
    await change((before) => {
      const share = shareFor(workload, wanted, surroundings, {
        before,
        here: currentContainers(observed().containers, before.shares).get(workload),
        removed: removed.get(workload),
        surroundings: observed(),
        reserved: reserved(),
        now: clock.now(),
      });
      return withShare(before, share);
    });
  }

  async function remove(workload: string): Promise<void> {
    await change((before) => {
      removed.add(before.shares.filter((share) => share.workload === workload));
      return withoutShare(before, workload);
    });
  }

  async function removeAll(): Promise<void> {
    await change(({ shares, retiring }) => {
      removed.add(shares);
      return { shares: [], retiring };
    });
  }

  async function replaceAll(wanted: readonly StoredShare[]): Promise<void> {
    // Stored IDs belong to containers on another engine.
    const shares = withoutConflicts(wanted).map((share) => ({ ...share, lastContainerId: null }));
    await change(({ retiring }) => ({ shares, retiring }));
  }

  return {
    list: () => store.get().shares,
    retiring: () => store.get().retiring,
    put,
    remove,
    removeAll,
    replaceAll,
    rebind: async (workload, to) => await change((before) => rebound(before, workload, to)),
    dismiss: async (key) => await change((before) => withDismissed(before, key)),
    retired: async (key) => await change((before) => withoutRetiring(before, key)),
    checkName: (name, workload, names) => checkName(name, workload, { ...store.get(), names }),
  };
}
