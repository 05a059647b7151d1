import type { EngineEvent } from "../engine/parse.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { isExtensionContainer, workloadIdentity } from "../workloads/identity.ts";

/** The containers known when an event arrives. */
export interface Known {
  readonly shares: readonly StoredShare[];
  /** The shares' containers at the last observation. */
  readonly shared: readonly ContainerFacts[];
  readonly byId: ReadonlyMap<string, ContainerFacts>;
  readonly ownId: string | null;
}

/**
 * Returns whether an event may change how a share is reached. It concerns a shared container, the owner of its network namespace, a
 * container that may take a share over, the backend itself, or a machine's container. Labels only decide how soon to look. Pure.
 */
export function concernsShares({ Type, Actor }: EngineEvent, known: Known): boolean {
  const attributes = Actor.Attributes ?? {};
  const id = Type === "network" ? (attributes.container ?? "") : Actor.ID;
  if (id === known.ownId || isExtensionContainer({ labels: attributes })) return true;
  if (known.shares.some(({ lastContainerId }) => lastContainerId === id)) return true;
  if (known.shared.some((container) => lenders(container, known.byId).has(id))) return true;
  const facts = known.byId.get(id);
  const name = facts?.name ?? attributes.name ?? "";
  const identity = workloadIdentity({ name, labels: facts?.labels ?? attributes });
  return known.shares.some(
    ({ workload, project }) => workload === identity.id || (project !== null && project === identity.project),
  );
}

/** IDs of a container and the owners of the network namespace that it uses. */
export function lenders(
  container: ContainerFacts,
  byId: ReadonlyMap<string, ContainerFacts>,
): ReadonlySet<string> {
  const ids = new Set<string>();
  for (let owner: ContainerFacts | undefined = container; owner !== undefined && !ids.has(owner.id); ) {
    ids.add(owner.id);
    owner = owner.networkMode.kind === "container" ? byId.get(owner.networkMode.id) : undefined;
  }
  return ids;
}
