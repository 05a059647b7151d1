import { type ContainerFacts, isUp } from "./facts.ts";
import { replicaOf, type WorkloadIdentity, workloadIdentity } from "./identity.ts";

/** A share's data about the container that last had its identity. */
export interface Holder {
  workload: string;
  lastContainerId: string | null;
}

/** A container and its workload identity. */
export interface Present {
  container: ContainerFacts;
  identity: WorkloadIdentity;
}

/**
 * Selects the current container of each workload. Several may claim one identity, for example during a re-creation. A share's last
 * container keeps the identity for as long as it is up, so that no other container can take over its clients by claiming it. Otherwise
 * the oldest running container wins, and without one the newest. `containers` in the engine's order, newest first.
 */
export function currentContainers(
  containers: readonly ContainerFacts[],
  holders: readonly Holder[],
): Map<string, Present> {
  const holderOf = new Map(holders.map(({ workload, lastContainerId }) => [workload, lastContainerId]));
  const current = new Map<string, Present>();
  for (const container of containers) {
    const identity = workloadIdentity(container);
    const other = current.get(identity.id)?.container;
    const holder = holderOf.get(identity.id);
    if (other === undefined || outranks(container, other, holder))
      current.set(identity.id, { container, identity });
  }
  return current;
}

/**
 * The container of each share, by the share's workload. Leaves out shares without a container. A share whose workload is gone follows its
 * last container to that container's new identity, as after a rename; otherwise it moves to a running replica of its service. No two
 * shares get the same container, and no share gets a workload that is shared itself.
 */
export function sharedContainers(
  containers: readonly ContainerFacts[],
  shares: readonly Holder[],
  current: ReadonlyMap<string, Present> = currentContainers(containers, shares),
): Map<string, Present> {
  const found = new Map<string, Present>();
  const taken = new Set(shares.map(({ workload }) => workload));
  const give = (share: Holder, present: Present | undefined): void => {
    if (present === undefined) return;
    taken.add(present.identity.id);
    found.set(share.workload, present);
  };
  for (const share of shares) give(share, current.get(share.workload));
  const lost = () => shares.filter(({ workload }) => !found.has(workload));
  if (lost().length === 0) return found;

  const byId = new Map(containers.map((container) => [container.id, container]));
  for (const share of lost()) {
    const container = byId.get(share.lastContainerId ?? "");
    const identity = container && workloadIdentity(container);
    if (container && identity && !taken.has(identity.id)) give(share, { container, identity });
  }
  // Scaling down keeps the replica with the lowest number.
  const replicas = [...current.values()]
    .flatMap((present) => ({ present, replica: replicaOf(present.identity.id) }))
    .filter(({ present, replica }) => replica !== null && present.container.run === "running")
    .sort((a, b) => (a.replica?.number ?? 0) - (b.replica?.number ?? 0));
  for (const share of lost()) {
    const service = replicaOf(share.workload)?.service;
    const free = replicas.find(
      ({ present, replica }) => replica?.service === service && !taken.has(present.identity.id),
    );
    give(share, free?.present);
  }
  return found;
}

/** Returns whether the older of the two takes precedence. */
function outranks(older: ContainerFacts, newer: ContainerFacts, holder: string | null | undefined): boolean {
  if (newer.id === holder && isUp(newer)) return false;
  return older.run === "running" || (older.id === holder && isUp(older));
}
