import type { NodeState } from "@tailnet-share/contract/model";
import type { Engine } from "../docker/engine.ts";
import type { ContainerFacts } from "../docker/facts.ts";
import { currentContainers } from "../docker/workloads.ts";
import type { Clock } from "../lib/clock.ts";
import type { RetiringMachine, StoredShare } from "../shares/stored-share.ts";
import { type MachineContainer, type MachineRuntime, machineContainers } from "./container.ts";
import { type MachineDirectories, tailnetHome } from "./identity.ts";
import { helperContainers } from "./inside.ts";
import type { MachinesSeen } from "./plan.ts";
import type { MachineWatch } from "./watch.ts";

export interface ObserveMachinesDependencies {
  engine: Engine;
  watch: MachineWatch;
  directories: MachineDirectories;
  installation: string;
  ownContainerId: string;
  /** Where the state volume is mounted in the backend. */
  stateDirectory: string;
  environment: Readonly<Record<string, string>>;
  tun: MachineRuntime["tun"];
  shares: () => readonly StoredShare[];
  retiring: () => readonly RetiringMachine[];
  /** The extension's own node. */
  node: () => NodeState;
  controlUrl: () => string;
  hasCredential: () => boolean;
  tag: () => string;
  clock: Clock;
}

/** `containers` are all that the engine lists; null while it is away. Never rejects: what cannot be seen stays as it was seen before. */
export type MachineObserver = (
  containers: readonly ContainerFacts[] | null,
  before: MachinesSeen,
  signal: AbortSignal,
) => Promise<MachinesSeen>;

export function createMachineObserver(dependencies: ObserveMachinesDependencies): MachineObserver {
  const { engine, watch, directories, installation, shares, retiring, node, controlUrl, tag, clock } =
    dependencies;
  /** Networks that were looked at; whether one is internal never changes. */
  const knownNetworks = new Set<string>();
  let hostStateDirectory: string | null = null;

  async function internalNetworks(
    containers: readonly ContainerFacts[],
    before: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const ids = containers.flatMap(({ networks }) => networks.map(({ networkId }) => networkId));
    if (ids.every((id) => knownNetworks.has(id))) return before;
    const internal = await engine.internalNetworks(signal);
    for (const id of ids) knownNetworks.add(id);
    return internal;
  }

  async function runtime(
    containers: readonly ContainerFacts[],
    signal: AbortSignal,
  ): Promise<MachineRuntime | null> {
    const own = containers.find(({ id }) => id.startsWith(dependencies.ownContainerId));
    if (own === undefined) return null;
    hostStateDirectory ??=
      (await engine.inspectContainer(own.id, signal))?.mounts.get(dependencies.stateDirectory) ?? null;
    // Without a volume there is no directory that a machine could be given.
    if (hostStateDirectory === null) return null;
    return {
      installation,
      ownImage: own.imageId,
      hostStateDirectory,
      environment: dependencies.environment,
      tun: dependencies.tun,
    };
  }

  async function targetStarts(
    containers: readonly ContainerFacts[],
    present: readonly MachineContainer[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const current = currentContainers(containers);
    const wanted = shares().flatMap((share) =>
      share.mode === "machine" ? [current.get(share.workload)?.container.id ?? share.lastContainerId] : [],
    );
    const running = new Set(containers.flatMap(({ id, run }) => (run === "stopped" ? [] : [id])));
    const ids = new Set([...wanted, ...present.map(({ targetId }) => targetId)]);
    const starts = await Promise.all(
      [...ids].map(async (id): Promise<[string, string][]> => {
        if (id === null || !running.has(id)) return [];
        const life = await engine.inspectContainer(id, signal);
        return life?.running ? [[id, life.startedAt]] : [];
      }),
    );
    return new Map(starts.flat());
  }

  return async (containers, before, signal) => {
    const state = node();
    const told = {
      retiring: retiring(),
      tailnet: {
        state: state.state,
        home: state.state === "connected" ? tailnetHome(controlUrl(), state.tailnet) : null,
      },
      hasCredential: dependencies.hasCredential(),
      tag: tag(),
      now: clock.now(),
    };
    try {
      const present = containers === null ? null : machineContainers(containers, installation);
      const observed = present === null ? watch.observe(before.present) : watch.observe(present);
      if (containers === null || present === null) return { ...before, ...told, present: observed };
      const [itsRuntime, starts, internal, identities] = await Promise.all([
        runtime(containers, signal),
        targetStarts(containers, present, signal),
        internalNetworks(containers, before.internalNetworks, signal),
        directories.identities(),
      ]);
      return {
        ...told,
        runtime: itsRuntime,
        present: observed,
        helpers: helperContainers(containers, installation),
        targetStarts: starts,
        internalNetworks: internal,
        identities,
      };
    } catch {
      // The engine went away in between; the next look tells.
      return { ...before, ...told };
    }
  };
}
