import type { DataPlane, Forward } from "../dataplane/data-plane.ts";
import type { ContainerFacts } from "../docker/facts.ts";
import { type WorkloadIdentity, workloadIdentity } from "../docker/identity.ts";
import { resolveTarget, type Target } from "../docker/targets.ts";
import { currentContainers } from "../docker/workloads.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import type { Observed } from "./observe.ts";

/** A stored share beside what it means right now. */
export interface ResolvedShare {
  share: StoredShare;
  /** The share's container and what identity it has; null when it is not there. */
  found: { container: ContainerFacts; identity: WorkloadIdentity } | null;
  /** Null when the container does not run, or cannot be looked for. A machine needs no way from the node to it. */
  target: Target | null;
}

/** Finds every share's container and the way to it. Pure. */
export function resolveShares(shares: readonly StoredShare[], observed: Observed): ResolvedShare[] {
  const byWorkload = currentContainers(observed.containers, shares);
  const taken = new Set(shares.map(({ workload }) => workload));
  return shares.map((share) => {
    const found = byWorkload.get(share.workload) ?? renamed(share, observed, taken);
    const target =
      share.mode === "node" && found?.container.run === "running" && observed.self !== null
        ? resolveTarget(found.container, observed.byId, observed.self, observed.hostAddress)
        : null;
    return { share, found, target };
  });
}

/** A container that goes by another name now is still the one that was shared, unless that name is shared itself. */
function renamed(share: StoredShare, observed: Observed, taken: ReadonlySet<string>): ResolvedShare["found"] {
  const container = observed.containers.find(({ id }) => id === share.lastContainerId);
  if (container === undefined) return null;
  const identity = workloadIdentity(container);
  return taken.has(identity.id) ? null : { container, identity };
}

/** The forwards that a share asks for; empty while its target cannot be reached, so that nothing is sent astray. */
export function wantedForwards({ share, target }: ResolvedShare, mode: DataPlane["mode"]): Forward[] {
  if (share.mode !== "node") return [];
  const reachable = target?.kind === "host" || (target?.kind === "network" && target.joined);
  if (!reachable) return [];
  return share.ports
    .filter(({ protocol }) => mode === "kernel" || protocol === "tcp")
    .map(({ port, protocol, nodePort }) => ({ protocol, nodePort, address: target.address, port }));
}
