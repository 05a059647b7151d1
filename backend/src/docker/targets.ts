import type { Fault } from "@tailnet-share/contract/errors";
import type { ContainerFacts, NetworkPlace } from "./facts.ts";

/** The backend's own container, as found in the engine's list. */
export interface Self {
  id: string;
  /** The network that its compose file gave it; it stays the egress. */
  homeNetworkId: string | null;
  joined: readonly NetworkPlace[];
}

/** Where a share points right now. */
export type Target =
  | { kind: "network"; networkId: string; networkName: string; address: string; joined: boolean }
  | { kind: "host"; address: string }
  | { kind: "unreachable"; fault: Fault };

/**
 * Finds the way to a running container: on a network that the backend is in already where there is one, else on the
 * container's first by name. Containers in another one's namespace are reached through its owner, those on the host's
 * network at the host.
 */
export function resolveTarget(
  container: ContainerFacts,
  byId: ReadonlyMap<string, ContainerFacts>,
  self: Self,
  hostAddress: string | null,
  seen: readonly string[] = [],
): Target {
  switch (container.networkMode.kind) {
    case "none":
      return unreachable(
        "NO_NETWORK",
        "The container has no network (network mode 'none').",
        "Give it a network to share it.",
      );
    case "host":
      return hostAddress === null
        ? unreachable(
            "NO_ADDRESS",
            "The engine's host has no address on the extension's network.",
            "Run the container on a bridge network instead.",
          )
        : { kind: "host", address: hostAddress };
    case "container": {
      const owner = byId.get(container.networkMode.id);
      if (owner === undefined || seen.includes(owner.id) || owner.run !== "running") {
        return unreachable(
          "NO_NETWORK",
          "The container uses the network of another container, which is not running.",
          "Start that container, then restart this one.",
        );
      }
      return resolveTarget(owner, byId, self, hostAddress, [...seen, container.id]);
    }
    case "own":
      return onNetwork(container.networks, self);
  }
}

function onNetwork(networks: readonly NetworkPlace[], self: Self): Target {
  const usable = networks.filter(({ networkId, address }) => networkId !== "" && address !== "");
  const isJoined = ({ networkId }: NetworkPlace) =>
    self.joined.some((place) => place.networkId === networkId);
  const place = usable.find(isJoined) ?? usable[0];
  if (place === undefined) {
    return unreachable(
      "NO_ADDRESS",
      "The container has no IPv4 address on any network.",
      "Connect it to a bridge network.",
    );
  }
  const { networkId, networkName, address } = place;
  return { kind: "network", networkId, networkName, address, joined: isJoined(place) };
}

function unreachable(code: Fault["code"], message: string, hint: string): Target {
  return { kind: "unreachable", fault: { code, message, hint } };
}

/** Why a container can never be shared, whatever its ports; null when it can. Independent of whether it runs. */
export function refusalOf(container: ContainerFacts): Fault | null {
  return container.networkMode.kind === "none"
    ? {
        code: "NO_NETWORK",
        message: "The container has no network (network mode 'none').",
        hint: "Give it a network to share it.",
      }
    : null;
}
