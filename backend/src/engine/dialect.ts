import type { EngineKind } from "@tailnet-share/contract/engine-name";
import { hasContainerEnv } from "../mounts/missing.ts";
import type { WayOutRule } from "../networks/join-refusal.ts";
import type { VersionAnswer } from "./parse.ts";
import { type InspectContainer, namespaceMode } from "./podman.ts";

/** The first API version in which `network connect` takes a gateway priority. */
const GATEWAY_PRIORITY_API = "1.48";
/** The API of Engine 29, which chooses the default routes for IPv4 and IPv6 separately. */
const GATEWAY_PER_PROTOCOL_API = "1.52";

/** Differences between the engines that speak Docker's API. Nothing outside this folder asks which engine it is. */
export interface Dialect {
  /** Which engine it is, for messages. */
  readonly kind: EngineKind;
  /** How the engine picks the network for a container's default route. */
  readonly wayOutRule: WayOutRule;
  /** Whether `network connect` takes a gateway priority. */
  readonly takesPriority: boolean;
  /** Whether the list of containers has their network mode, namespace and start. Otherwise each start of a container is inspected. */
  readonly listIsWhole: boolean;
  /**
   * Whether a container counts as joined to a network although joining it has failed. Podman then lists no containers at all, until it is
   * disconnected.
   */
  readonly failedJoinStays: boolean;
  /** Whether events come too late to leave a network before a command of the user's removes it. */
  readonly eventsAreLate: boolean;
  /** The `NetworkMode` that puts one of our containers into the network namespace of this one. Null when there is no such namespace. */
  namespaceMode(id: string, inspect: InspectContainer): Promise<string | null>;
}

/** `apiVersion`: the negotiated one. */
export function dialectOf({ Components }: Pick<VersionAnswer, "Components">, apiVersion: string): Dialect {
  return Components?.[0]?.Name === "Podman Engine" ? PODMAN : dockerDialect(apiVersion);
}

/** Until an engine has answered: Podman puts a file into each container. */
export function presumedDialect(apiVersion: string, isInPodman = hasContainerEnv()): Dialect {
  return isInPodman ? PODMAN : dockerDialect(apiVersion);
}

const PODMAN: Dialect = {
  kind: { podman: true },
  ...{ wayOutRule: "own-route", takesPriority: false, listIsWhole: false },
  ...{ failedJoinStays: true, eventsAreLate: true },
  namespaceMode,
};

function dockerDialect(apiVersion: string): Dialect {
  const takesPriority = atLeast(apiVersion, GATEWAY_PRIORITY_API);
  const byPriority = atLeast(apiVersion, GATEWAY_PER_PROTOCOL_API) ? "priority" : "dual-stack";
  return {
    kind: {},
    wayOutRule: takesPriority ? byPriority : "order",
    takesPriority,
    listIsWhole: true,
    ...{ failedJoinStays: false, eventsAreLate: false },
    namespaceMode: async (id) => await Promise.resolve(`container:${id}`),
  };
}

/** Returns whether an API version such as `1.54` is at least the one wanted. */
export function atLeast(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
