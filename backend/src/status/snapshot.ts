import { Hostname } from "@tailnet-share/contract/log-in";
import type { Account, Update } from "@tailnet-share/contract/node";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { type Workload, WorkloadId } from "@tailnet-share/contract/workload";
import { machineUpdates } from "../tailscale/node/state/advisories.ts";
import { wantedUpdates } from "../tailscale/node/state/node-health.ts";
import { type WorkloadInputs, workloadRows } from "./workload-rows.ts";

export interface SnapshotInputs extends WorkloadInputs {
  /** Number of containers whose rows can't be parsed. */
  unread: number;
  accounts: Account[];
  alerts: Snapshot["alerts"];
  panelOnTailnet: Snapshot["panelOnTailnet"];
  versions: Snapshot["versions"];
  /** Updates of the bundled tailscale. */
  updates: Update[];
}

/**
 * Everything the panel shows except for the revision. Pure except for the byte counts that `traffic` sums up; rows are in a stable order.
 */
export function buildSnapshot(inputs: SnapshotInputs): Omit<Snapshot, "revision"> {
  const { observed, node, accounts, dataPlane, alerts, settings, panelOnTailnet, versions, updates } = inputs;
  const rows = workloadRows(inputs);
  // A single invalid row would make the panel refuse the whole snapshot.
  const workloads = rows.filter(isPresentable).sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const inMachines = workloads.flatMap(({ share }) => share?.machine?.version ?? []);
  return {
    node,
    accounts,
    engine: observed.engine,
    dataPlane,
    alerts,
    workloads,
    skipped: inputs.unread + rows.length - workloads.length,
    settings,
    panelOnTailnet,
    versions,
    updates: wantedUpdates(
      [...updates, ...machineUpdates(settings.machineTailscale, inMachines)],
      settings.updateNotices,
    ),
  };
}

/** Returns whether a row's texts from the engine fit the contract. Other fields are validated where they are built. */
function isPresentable({ id, machine }: Workload): boolean {
  return WorkloadId.safeParse(id).success && Hostname.safeParse(machine.name).success;
}

function order({ project, name, id }: Workload): string {
  return `${project ?? ""}\0${name}\0${id}`;
}
