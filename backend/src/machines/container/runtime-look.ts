import type { Engine } from "../../engine/engine.ts";
import type { ContainerFacts } from "../../workloads/facts.ts";
import type { MachineRuntime } from "./container.ts";

/** Learns from the backend's own container what machines are made of. */
export interface RuntimeLook {
  /** The state volume's directory on the engine's host. Asks the engine until it is known; rejects as the engine does. */
  stateDirectory(containers: readonly ContainerFacts[], signal: AbortSignal): Promise<string | null>;
  /** Returns null while the own container or the volume's directory isn't known. */
  runtime(containers: readonly ContainerFacts[]): MachineRuntime | null;
}

export interface RuntimeLookDependencies {
  engine: Pick<Engine, "inspectContainer">;
  installation: string;
  ownContainerId: string;
  /** The state volume's mount point in the backend. */
  stateDirectory: string;
  environment: Readonly<Record<string, string>>;
  /** Extra trusted authorities as PEM. */
  authorities: () => string;
  tun: MachineRuntime["tun"];
}

export function createRuntimeLook(dependencies: RuntimeLookDependencies): RuntimeLook {
  const { engine, ownContainerId, stateDirectory, authorities, installation, environment, tun } =
    dependencies;
  let hostStateDirectory: string | null = null;
  const ownAmong = (containers: readonly ContainerFacts[]) =>
    containers.find(({ id }) => id.startsWith(ownContainerId));

  return {
    async stateDirectory(containers, signal) {
      const own = ownAmong(containers);
      if (own === undefined || hostStateDirectory !== null) return hostStateDirectory;
      const inspected = await engine.inspectContainer(own.id, signal);
      hostStateDirectory = inspected?.mounts.get(stateDirectory) ?? null;
      return hostStateDirectory;
    },
    runtime(containers) {
      const own = ownAmong(containers);
      // Without a volume, a machine can't have a directory.
      if (own === undefined || hostStateDirectory === null) return null;
      return {
        ...{ installation, ownImage: own.imageId, hostStateDirectory },
        ...{ environment, authorities: authorities(), tun },
      };
    },
  };
}
