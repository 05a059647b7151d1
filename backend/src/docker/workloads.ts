import type { ContainerFacts } from "./facts.ts";
import { type WorkloadIdentity, workloadIdentity } from "./identity.ts";

/** A share, as far as it says which container had its identity last. */
export interface Holder {
  workload: string;
  lastContainerId: string | null;
}

/**
 * The container that stands for each workload. Several may claim one identity, as while it is re-created: a share's last container
 * keeps it for as long as it runs, so that nobody takes its visitors by claiming to be it. Else a running one counts, the one
 * that was there first; else the newest. `containers` as the engine lists them, the newest first.
 */
export function currentContainers(
  containers: readonly ContainerFacts[],
  holders: readonly Holder[],
): Map<string, { container: ContainerFacts; identity: WorkloadIdentity }> {
  const holderOf = new Map(holders.map(({ workload, lastContainerId }) => [workload, lastContainerId]));
  const current = new Map<string, { container: ContainerFacts; identity: WorkloadIdentity }>();
  for (const container of containers) {
    const identity = workloadIdentity(container);
    const other = current.get(identity.id)?.container;
    const holder = holderOf.get(identity.id);
    if (other === undefined || outranks(container, other, holder))
      current.set(identity.id, { container, identity });
  }
  return current;
}

/** Whether the older of two counts. */
function outranks(older: ContainerFacts, newer: ContainerFacts, holder: string | null | undefined): boolean {
  if (newer.id === holder && isUp(newer)) return false;
  return older.run === "running" || (older.id === holder && isUp(older));
}

function isUp({ run }: ContainerFacts): boolean {
  return run === "running" || run === "paused";
}
