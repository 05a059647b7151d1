import type { Fault } from "@tailnet-share/contract/errors";
import type { NetworkFacts } from "../networks/facts.ts";
import { type ContainerFacts, POD_IMAGE } from "./facts.ts";

/** The engine's data beyond the container itself. */
export interface MachineSurroundings {
  byId: ReadonlyMap<string, ContainerFacts>;
  /** By ID. */
  networks: ReadonlyMap<string, Pick<NetworkFacts, "internal">>;
}

const ON_NODE = "Share it on this node instead.";

/** Returns the reason why a container cannot be a tailnet machine, whatever its state; null if it can. Pure. */
export function machineRefusalOf(
  container: ContainerFacts,
  { byId, networks }: MachineSurroundings,
): Fault | null {
  const { kind } = container.networkMode;
  if (kind === "host")
    return refusal("It uses host networking, so a machine would take over the whole host.");
  if (kind === "none") return refusal("It has no network (network mode 'none').", "Give it a network.");
  if (kind === "container") {
    const owner = byId.get(container.networkMode.id);
    if (owner?.image === POD_IMAGE)
      return refusal(
        `It is in the pod ${owner.name}.`,
        `Share ${owner.name} as a machine, or share this one on this node.`,
      );
    return refusal(
      `It uses the network of the container ${owner?.name ?? "of another"}.`,
      `Share ${owner?.name ?? "that container"} as a machine, or share this one on this node.`,
    );
  }
  if (isTailscale(container) || withSidecar(byId).has(container.id)) {
    return {
      code: "TAILSCALED_PRESENT",
      message: "Tailscale already runs in this container; two instances conflict.",
      hint: ON_NODE,
    };
  }
  const attachments = container.networks.filter(({ networkId }) => networkId !== "");
  return attachments.length > 0 &&
    attachments.every(({ networkId }) => networks.get(networkId)?.internal === true)
    ? refusal("Its networks are internal and can't reach the control server.")
    : null;
}

/** Cached per map: a snapshot asks this for each of a thousand containers, and each look makes a new map. */
const known = new WeakMap<ReadonlyMap<string, ContainerFacts>, ReadonlySet<string>>();

/** IDs of containers whose network namespace is shared with a foreign tailscale container. */
function withSidecar(byId: ReadonlyMap<string, ContainerFacts>): ReadonlySet<string> {
  const remembered = known.get(byId);
  if (remembered !== undefined) return remembered;
  const owners = new Set<string>();
  for (const container of byId.values())
    if (
      container.networkMode.kind === "container" &&
      container.run === "running" &&
      isTailscale(container) &&
      !isMachine(container)
    )
      owners.add(container.networkMode.id);
  known.set(byId, owners);
  return owners;
}

function refusal(message: string, hint = ON_NODE): Fault {
  return { code: "NOT_A_MACHINE", message, hint };
}

/** Matches the official image's name, whatever the registry and tag. */
function isTailscale({ image }: ContainerFacts): boolean {
  return /(^|\/)tailscale\/tailscale(:|@|$)/.test(image);
}

function isMachine({ labels }: ContainerFacts): boolean {
  return labels["tailnet-share.role"] === "machine";
}
