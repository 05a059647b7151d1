import type { NodeState } from "@tailnet-share/contract/node";
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../lib/clock.ts";
import type { LookAgain } from "../lib/look-again.ts";
import type { RetiringMachine, StoredShare } from "../shares/stored-share.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { sharedContainers } from "../workloads/workloads.ts";
import { type MachineContainer, machineContainers } from "./container/container.ts";
import { createRuntimeLook, type RuntimeLookDependencies } from "./container/runtime-look.ts";
import { createTargetStarts, whoseStarts } from "./container/target-starts.ts";
import { createUndoTimes } from "./container/undo-time.ts";
import type { MachineDirectories } from "./device/identity.ts";
import { helperContainers } from "./namespace/namespace-runner.ts";
import type { ObservedMachines } from "./observed-machines.ts";
import { createWatchedLooks, dueForVisitors, type LookedInto } from "./watch/look-rhythm.ts";
import { createSharedVisits, type SharedVisitsDependencies } from "./watch/shared-visits.ts";
import type { MachineWatch, ObservedMachine } from "./watch/watch.ts";

export interface ObserveMachinesDependencies extends RuntimeLookDependencies, SharedVisitsDependencies {
  engine: Engine;
  watch: Pick<MachineWatch, "observe">;
  directories: Pick<MachineDirectories, "identities">;
  retiring: () => readonly RetiringMachine[];
  /** The extension's own node. */
  node: () => NodeState;
  /** The tailnet that machines join now; null while unknown. */
  home: () => string | null;
  /** Tags whose images the engine has, as far as is known. */
  images: ReadonlySet<string>;
  /** Whether a panel is showing the machines. */
  watched: () => boolean;
  /** Whether a helper container has an owner that removes it, by its key. */
  caredFor: (key: string) => boolean;
  again: LookAgain;
  clock: Clock;
}

/**
 * `containers` are all containers that the engine lists; null while it is unreachable. Never rejects: what it can't observe keeps its
 * previous value.
 */
export type MachineObserver = (
  containers: readonly ContainerFacts[] | null,
  before: ObservedMachines,
  signal: AbortSignal,
) => Promise<ObservedMachines>;

export function createMachineObserver(dependencies: ObserveMachinesDependencies): MachineObserver {
  const { engine, watch, directories, installation, shares, caredFor, again, clock } = dependencies;
  const runtimeLook = createRuntimeLook(dependencies);
  const starts = createTargetStarts(engine, again, clock);
  const undoTimes = createUndoTimes(clock);
  const visits = createSharedVisits(dependencies);
  const watchedLooks = createWatchedLooks(dependencies.watched, clock);

  function looksNow(present: readonly ObservedMachine[]): ReadonlySet<string> {
    const machines = lookedInto(present);
    const forVisitors = dueForVisitors(machines, visits.visited(), clock.monotonic());
    return new Set([...watchedLooks(machines), ...forVisitors]);
  }

  return async (containers, before, signal) => {
    const current = {
      ...currentFacts(dependencies),
      retiring: undoTimes(dependencies.retiring()),
      at: clock.monotonic(),
    };
    try {
      if (containers === null) {
        const present = watch.observe(before.present);
        const visited = await visits.count(present, before.identities, signal);
        return { ...before, ...current, present, visits: visited, lookInto: new Set() };
      }
      const hostStateDirectory = await runtimeLook.stateDirectory(containers, signal);
      const listed = machineContainers(containers, installation, hostStateDirectory);
      const present = watch.observe(listed);
      visits.list(listed);
      const [targetStarts, identities, visited] = await Promise.all([
        starts(targetsOf(containers, listed, shares()), startsAtCreation(listed), signal),
        directories.identities(),
        visits.count(present, before.identities, signal),
      ]);
      return {
        ...current,
        ...{ present, targetStarts, identities, visits: visited },
        runtime: runtimeLook.runtime(containers),
        helpers: helperContainers(containers, installation, caredFor),
        lookInto: looksNow(present),
      };
    } catch {
      // The engine became unreachable in between, or the volume can't be read.
      again.missed();
      return { ...before, ...current };
    }
  };
}

/** The part of an observation that needs no engine. */
function currentFacts({
  node,
  home,
  images,
}: ObserveMachinesDependencies): Pick<ObservedMachines, "tailnet" | "images"> {
  return {
    tailnet: { state: node().state, home: home() },
    images: new Set(images),
  };
}

/** The containers whose start times matter. Pure. */
function targetsOf(
  containers: readonly ContainerFacts[],
  machines: readonly MachineContainer[],
  shares: readonly StoredShare[],
): ContainerFacts[] {
  const current = sharedContainers(containers, shares);
  const idsOf = (mode: StoredShare["mode"]) =>
    shares.flatMap((share) =>
      share.mode === mode ? (current.get(share.workload)?.container.id ?? share.lastContainerId ?? []) : [],
    );
  return whoseStarts(containers, {
    machines: new Set([...idsOf("machine"), ...machines.map(({ targetId }) => targetId)]),
    nodeTargets: new Set(idsOf("node")),
  });
}

/** The start times that machines were made for, by their targets' IDs: they count until the engine reports a newer one. Pure. */
function startsAtCreation(machines: readonly MachineContainer[]): ReadonlyMap<string, string> {
  return new Map(machines.map(({ targetId, targetStartedAt }) => [targetId, targetStartedAt]));
}

function lookedInto(machines: readonly ObservedMachine[]): LookedInto[] {
  return machines.flatMap(({ key, inspection }) =>
    inspection === null ? [] : [{ key, lookedAt: inspection.lookedAt }],
  );
}
