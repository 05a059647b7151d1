import type { Fault } from "@tailnet-share/contract/errors";
import type { ContainerFacts } from "../../workloads/facts.ts";

/** The hint for ports that can't be detected. */
export const ENTER_PORT = "Enter the port yourself.";

/** The container that owns this one's network namespace, or the reason why there is none to look into. Pure. */
export function namespaceOwner(
  container: ContainerFacts,
  byId: ReadonlyMap<string, ContainerFacts>,
): Pick<ContainerFacts, "id"> | Fault {
  let owner = container;
  // A chain of containers cannot be longer than there are containers.
  for (let hop = 0; hop <= byId.size; hop += 1) {
    if (owner.run !== "running" && owner.run !== "paused") {
      return owner === container
        ? {
            code: "CONTAINER_NOT_RUNNING",
            message: "The container isn't running, so no ports are open.",
            hint: "Start it.",
          }
        : AWAY;
    }
    switch (owner.networkMode.kind) {
      case "own":
        return owner;
      case "none":
        return {
          code: "NO_NETWORK",
          message: "The container has no network (network mode 'none').",
          hint: "Give it a network to share it.",
        };
      case "host":
        return {
          code: "NO_NETWORK",
          message:
            "The container has no network of its own: it uses that of the engine's host, with everything else that listens there.",
          hint: ENTER_PORT,
        };
      case "container": {
        const next = byId.get(owner.networkMode.id);
        if (next === undefined) return AWAY;
        owner = next;
      }
    }
  }
  return AWAY;
}

const AWAY: Fault = {
  code: "NO_NETWORK",
  message: "The container uses the network of another container, which is not running.",
  hint: "Start that container, then restart this one.",
};
