import type { ContainerFacts } from "./facts.ts";
import { type WorkloadIdentity, workloadIdentity } from "./identity.ts";

/** The container that stands for each workload. While one is being re-created two have its identity: the running one counts. */
export function currentContainers(
  containers: readonly ContainerFacts[],
): Map<string, { container: ContainerFacts; identity: WorkloadIdentity }> {
  const current = new Map<string, { container: ContainerFacts; identity: WorkloadIdentity }>();
  for (const container of containers) {
    const identity = workloadIdentity(container);
    const other = current.get(identity.id);
    if (other === undefined || (other.container.run !== "running" && container.run === "running")) {
      current.set(identity.id, { container, identity });
    }
  }
  return current;
}
