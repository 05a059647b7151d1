import type { Workload } from "@tailnet-share/contract/workload";

/** The name on the row: the service, plus its number when it is one of several replicas. */
export function displayName(workload: Pick<Workload, "id" | "name">): string {
  const { id, name } = workload;
  const replica = replicaOf(id);
  if (replica <= 1) return name;
  // The backend names the second replica of `web` `web-2`.
  const ending = `-${replica}`;
  return `${name.endsWith(ending) ? name.slice(0, -ending.length) : name} #${replica}`;
}

/** A unique name for screen readers and announcements. */
export function fullName(workload: Pick<Workload, "id" | "name" | "project">): string {
  return workload.project === null ? displayName(workload) : `${workload.project}/${displayName(workload)}`;
}

function replicaOf(id: string): number {
  const replica = /^(compose|swarm):.*\/\d+$/.test(id) ? id.slice(id.lastIndexOf("/") + 1) : "1";
  return Number.parseInt(replica, 10) || 1;
}
