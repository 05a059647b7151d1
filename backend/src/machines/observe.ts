import type { NodeState } from "@tailnet-share/contract/node";
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../lib/clock.ts";
import type { RetiringMachine, StoredShare } from "../shares/stored-share.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { sharedContainers } from "../workloads/workloads.ts";
import { type MachineContainer, type MachineRuntime, machineContainers } from "./container/container.ts";
import { helperContainers } from "./container/inside.ts";
import { createTargetStarts, whoseStarts } from "./container/target-starts.ts";
import { createUndoTimes } from "./container/undo-time.ts";
import type { MachineDirectories } from "./device/identity.ts";
import type { MachinesSeen } from "./plan.ts";
import { createWatchedLooks, type LookedInto } from "./watch/look-rhythm.ts";
import type { VisitCounter } from "./watch/visits.ts";
import type { MachineWatch, ObservedMachine } from "./watch/watch.ts";

export interface ObserveMachinesDependencies {
  engine: Engine;
  watch: MachineWatch;
  visits: VisitCounter;
  directories: MachineDirectories;
  installation: string;
  ownContainerId: string;
  /** The state volume's mount point in the backend. */
  stateDirectory: string;
  environment: Readonly<Record<string, string>>;
  /** Extra trusted authorities as PEM. */
  authorities: () => string;
  tun: MachineRuntime["tun"];
  shares: () => readonly StoredShare[];
  retiring: () => readonly RetiringMachine[];
  /** The extension's own node. */
  node: () => NodeState;
  /** The control server's ID for it. */
  ownDevice: () => string | null;
  /** The tailnet that machines join now; null while unknown. */
  home: () => string | null;
  hasCredential: () => boolean;
  tag: () => string;
  /** Tags whose images the engine has, as far as is known. */
  images: ReadonlySet<string>;
  /** Whether a panel is showing the machines. */
  watched: () => boolean;
  /** Whether a helper container has an owner that removes it, by its key. */
  caredFor: (key: string) => boolean;
  clock: Clock;
}

/**
 * `containers` are all containers that the engine lists; null while it is unreachable. Never rejects: what it can't observe keeps its
 * previous value.
 */
export type MachineObserver = (
  containers: readonly ContainerFacts[] | null,
  before: MachinesSeen,
  signal: AbortSignal,
) => Promise<MachinesSeen>;

export function createMachineObserver(dependencies: ObserveMachinesDependencies): MachineObserver {
  const { engine, watch, visits, directories, installation, shares, retiring, node, home, tag, clock } =
    dependencies;
  const starts = createTargetStarts(engine, clock);
  const undoTimes = createUndoTimes(clock);
  const watchedLooks = createWatchedLooks(dependencies.watched, clock);
  let hostStateDirectory: string | null = null;
  /** Machines that were running before this backend started; null until the engine has listed them. */
  let adopted: ReadonlySet<string> | null = null;
  /** Includes machines that no longer exist, since others may still list them. */
  const ownDevices = new Set<string>();

  async function findStateDirectory(
    containers: readonly ContainerFacts[],
    signal: AbortSignal,
  ): Promise<void> {
    const own = containers.find(({ id }) => id.startsWith(dependencies.ownContainerId));
    if (own === undefined || hostStateDirectory !== null) return;
    const inspected = await engine.inspectContainer(own.id, signal);
    hostStateDirectory = inspected?.mounts.get(dependencies.stateDirectory) ?? null;
  }

  function runtime(containers: readonly ContainerFacts[]): MachineRuntime | null {
    const own = containers.find(({ id }) => id.startsWith(dependencies.ownContainerId));
    if (own === undefined) return null;
    // Without a volume, a machine can't have a directory.
    if (hostStateDirectory === null) return null;
    return {
      installation,
      ownImage: own.imageId,
      hostStateDirectory,
      environment: dependencies.environment,
      authorities: dependencies.authorities(),
      tun: dependencies.tun,
    };
  }

  async function targetStarts(
    containers: readonly ContainerFacts[],
    present: readonly MachineContainer[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const current = sharedContainers(containers, shares());
    const idsOf = (mode: StoredShare["mode"]) =>
      shares().flatMap((share) =>
        share.mode === mode ? (current.get(share.workload)?.container.id ?? share.lastContainerId ?? []) : [],
      );
    const running = whoseStarts(containers, {
      machines: new Set([...idsOf("machine"), ...present.map(({ targetId }) => targetId)]),
      others: new Set(idsOf("node")),
    });
    // The start time that a machine was made for, until the engine reports a newer one.
    const told = new Map(present.map(({ targetId, targetStartedAt }) => [targetId, targetStartedAt]));
    return await starts(running, told, signal);
  }

  async function countVisits(
    present: readonly ObservedMachine[],
    identities: MachinesSeen["identities"],
    signal: AbortSignal,
  ): Promise<ReturnType<VisitCounter["visits"]>> {
    const ids = [
      dependencies.ownDevice(),
      ...present.map(({ details }) => details.deviceId),
      ...[...identities.values()].map((identity) => identity?.deviceId),
    ];
    for (const id of ids) if (id) ownDevices.add(id);
    const keys = shares().flatMap(({ mode, machine }) =>
      mode === "machine" && machine !== null ? [machine.key] : [],
    );
    const machines = keys.map((key) => {
      const running = present.find((one) => one.key === key && one.run === "running");
      const containerId = running?.containerId ?? null;
      return { key, containerId, adopted: containerId !== null && adopted?.has(containerId) === true };
    });
    await visits.look(machines, ownDevices, signal);
    return visits.visits();
  }

  return async (containers, before, signal) => {
    const told = {
      retiring: undoTimes(retiring()),
      tailnet: { state: node().state, home: home() },
      hasCredential: dependencies.hasCredential(),
      tag: tag(),
      images: new Set(dependencies.images),
      at: clock.monotonic(),
    };
    try {
      if (containers !== null) await findStateDirectory(containers, signal);
      const present =
        containers === null ? null : machineContainers(containers, installation, hostStateDirectory);
      const observed = present === null ? watch.observe(before.present) : watch.observe(present);
      if (containers === null || present === null) {
        const visited = await countVisits(observed, before.identities, signal);
        return { ...before, ...told, present: observed, visits: visited, lookInto: new Set() };
      }
      adopted ??= new Set(present.map(({ containerId }) => containerId));
      const [itsStarts, identities, visited] = await Promise.all([
        targetStarts(containers, present, signal),
        directories.identities(),
        countVisits(observed, before.identities, signal),
      ]);
      return {
        ...told,
        runtime: runtime(containers),
        present: observed,
        helpers: helperContainers(containers, installation, dependencies.caredFor),
        targetStarts: itsStarts,
        identities,
        visits: visited,
        lookInto: watchedLooks(lookedInto(observed)),
      };
    } catch {
      // The engine became unreachable in between; the next look retries.
      return { ...before, ...told };
    }
  };
}

function lookedInto(machines: readonly ObservedMachine[]): LookedInto[] {
  return machines.flatMap(({ key, inside }) => (inside === null ? [] : [{ key, lookedAt: inside.lookedAt }]));
}
