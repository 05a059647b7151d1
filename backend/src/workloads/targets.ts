import type { Fault } from "@tailnet-share/contract/errors";
import { chooseNetwork, type Preferences } from "./choose-network.ts";
import { type ContainerFacts, isUp, type NetworkAttachment } from "./facts.ts";

/** The backend's own container, as found in the engine's list. */
export interface Self {
  id: string;
  /** The network that its compose file gave it; it stays the egress. */
  homeNetworkId: string | null;
  joined: readonly NetworkAttachment[];
}

/** A share's current target. */
export type Target =
  | { kind: "network"; networkId: string; networkName: string; address: string; joined: boolean }
  | { kind: "host"; address: string }
  | { kind: "unreachable"; fault: Fault };

/** Inputs for finding a container's target, besides the container. */
export interface TargetSurroundings {
  byId: ReadonlyMap<string, ContainerFacts>;
  self: Self;
  /** The engine host's address as the backend reaches it; null when unreachable. */
  hostAddress: string | null;
  /** Networks that must not be joined, by ID. */
  refusals: ReadonlyMap<string, Fault>;
  /** Known start times of containers by ID, in the engine's format. */
  starts: ReadonlyMap<string, string>;
}

/**
 * Finds the route to a running or paused container. A container in another one's namespace is reached through the owner, and one on the
 * host's network at the host.
 */
export function resolveTarget(
  container: ContainerFacts,
  surroundings: TargetSurroundings,
  preferences: Preferences,
): Target {
  const found = namespaceOwner(container, surroundings);
  if ("fault" in found) return { kind: "unreachable", fault: found.fault };
  const { owner } = found;
  switch (owner.networkMode.kind) {
    case "none":
      return { kind: "unreachable", fault: WITHOUT_NETWORK };
    case "host":
      return surroundings.hostAddress === null
        ? unreachable(
            "NO_ADDRESS",
            "The engine's host has no address on Tailnet Share's network.",
            "Run the container on a bridge network instead.",
          )
        : { kind: "host", address: surroundings.hostAddress };
    case "user-mode":
      return { kind: "unreachable", fault: userMode(owner.networkMode.program) };
    case "container":
    case "own":
      return onNetwork(owner.networks, surroundings, preferences);
  }
}

/** The container that owns this one's network namespace, possibly itself; or the reason why none works. */
function namespaceOwner(
  container: ContainerFacts,
  { byId, starts }: Pick<TargetSurroundings, "byId" | "starts">,
): { owner: ContainerFacts } | { fault: Fault } {
  let owner = container;
  for (const seen = new Set([owner.id]); owner.networkMode.kind === "container"; seen.add(owner.id)) {
    const borrower = owner;
    const lender = byId.get(owner.networkMode.id);
    if (lender === undefined || seen.has(lender.id) || !isUp(lender)) return { fault: LENDER_GONE };
    if (startedBefore(borrower, lender, starts)) return { fault: lenderRestarted(borrower, lender) };
    owner = lender;
  }
  return { owner };
}

/** A restart creates a new namespace. Containers that share the old one stay in it, unreachable. */
function startedBefore(
  borrower: ContainerFacts,
  lender: ContainerFacts,
  starts: TargetSurroundings["starts"],
): boolean {
  const [borrowed, lent] = [borrower, lender].map(({ id }) => Date.parse(starts.get(id) ?? ""));
  // Comparing with an unknown start time yields false.
  return (borrowed ?? Number.NaN) < (lent ?? Number.NaN);
}

/** Skips a network that must not be joined when another exists, unless the user chose it. */
function onNetwork(
  networks: readonly NetworkAttachment[],
  { self, refusals }: Pick<TargetSurroundings, "self" | "refusals">,
  preferences: Preferences,
): Target {
  const joined = new Set(self.joined.map(({ networkId }) => networkId));
  const open = networks.filter(
    ({ networkId, networkName }) => !refusals.has(networkId) || networkName === preferences.chosen,
  );
  const network = chooseNetwork(open, joined, preferences) ?? chooseNetwork(networks, joined, preferences);
  if (network === null) {
    return unreachable(
      "NO_ADDRESS",
      "The container has no IPv4 address on any network.",
      "Connect it to a bridge network.",
    );
  }
  const refusal = refusals.get(network.networkId);
  if (refusal !== undefined) return { kind: "unreachable", fault: refusal };
  const { networkId, networkName, address } = network;
  return { kind: "network", networkId, networkName, address, joined: joined.has(networkId) };
}

function unreachable(code: Fault["code"], message: string, hint: string): Target {
  return { kind: "unreachable", fault: { code, message, hint } };
}

const WITHOUT_NETWORK: Fault = {
  code: "NO_NETWORK",
  message: "The container has no network (network mode 'none').",
  hint: "Give it a network to share it.",
};

function userMode(program: string): Fault {
  return {
    code: "NO_NETWORK",
    message: `Podman gives the container no address that others can reach (${program}).`,
    hint: "Run it on a network of Podman's (--network), or share it as its own machine.",
  };
}

const LENDER_GONE: Fault = {
  code: "NO_NETWORK",
  message: "The container uses the network of another container, which is not running.",
  hint: "Start that container, then restart this one.",
};

function lenderRestarted(borrower: ContainerFacts, lender: ContainerFacts): Fault {
  return {
    code: "NO_NETWORK",
    message: `The container '${borrower.name}' uses the network that '${lender.name}' had before it was restarted, so it is unreachable.`,
    hint: `Restart '${borrower.name}'.`,
  };
}

/**
 * Explains why a running container is unreachable until it is restarted: a container whose network it uses was restarted. Returns null if
 * that isn't the case or is unknown.
 */
export function staleFault(
  container: ContainerFacts,
  surroundings: Pick<TargetSurroundings, "byId" | "starts">,
): Fault | null {
  if (!isUp(container)) return null;
  const found = namespaceOwner(container, surroundings);
  return "fault" in found && found.fault !== LENDER_GONE ? found.fault : null;
}

/** Returns the reason why a container can never be shared, whatever its ports; null if it can. Does not depend on whether it runs. */
export function refusalOf(container: ContainerFacts): Fault | null {
  return container.networkMode.kind === "none" ? WITHOUT_NETWORK : null;
}
