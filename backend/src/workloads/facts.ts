import type { ContainerPort, PortRange } from "@tailnet-share/contract/port";
import type { RunState } from "@tailnet-share/contract/workload";
import type { StopRequest } from "./stop-signal.ts";

/**
 * A container's place in one network. `networkId` is empty before its first start: then `networkName` is the user's own spelling.
 * `address` is its IPv4 address, empty while it does not run.
 */
export interface NetworkAttachment {
  networkId: string;
  networkName: string;
  address: string;
  /** Static IPv4 address that the user configured (`ipv4_address`, `--ip`). */
  asked?: string;
}

/** The source of a container's network namespace. */
export type NetworkMode =
  /** Has its own namespace. `network` is the one that it was created on: the name, or the start of its ID. */
  | { kind: "own"; network: string }
  | { kind: "host" }
  | { kind: "none" }
  /** Has its own namespace, connected by a program of the engine's user only (`pasta`, `slirp4netns`): no other container reaches it. */
  | { kind: "user-mode"; program: string }
  /** Shares the namespace of another container, named by ID. */
  | { kind: "container"; id: string };

/** The engine's data about one container, in our terms. */
export interface ContainerFacts {
  id: string;
  name: string;
  image: string;
  /** Content address of the image that it actually runs. */
  imageId: string;
  run: Exclude<RunState, "removed">;
  labels: Readonly<Record<string, string>>;
  networkMode: NetworkMode;
  networks: readonly NetworkAttachment[];
  /** Identifies one start of the container: differs after each start. Null if the engine does not report it. */
  life: string | null;
  /** Started within the last seconds: its program may still be starting. */
  young: boolean;
  /** Ports declared by the image or the user, published or not; long runs of them are in `portRanges`. */
  ports: readonly ContainerPort[];
  portRanges: readonly PortRange[];
  /** False while the engine has listed the container but not reported its declared ports. */
  portsKnown: boolean;
  /** Ports that the user published on the engine's host. */
  published: readonly ContainerPort[];
  /** The container's stop signal and timeout. */
  stop: StopRequest;
  /** Directories of the engine's host that one of the extension's containers mounts; empty for other containers. */
  directories: readonly string[];
}

/** In place of an image: the container that holds the network namespace of a pod, and has the pod's name. */
export const POD_IMAGE = "pod";

/** Returns whether a container has its namespace and its addresses; a paused one keeps both. */
export function isUp({ run }: Pick<ContainerFacts, "run">): boolean {
  return run === "running" || run === "paused";
}
