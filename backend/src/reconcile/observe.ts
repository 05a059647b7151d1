import type { AppError } from "@tailnet-share/contract/errors";
import type { EngineState } from "@tailnet-share/contract/model";
import type { ActiveForward, DataPlane } from "../dataplane/data-plane.ts";
import type { Engine } from "../docker/engine.ts";
import type { ContainerFacts } from "../docker/facts.ts";
import { isExtensionContainer } from "../docker/identity.ts";
import { findSelf } from "../docker/self.ts";
import type { Self } from "../docker/targets.ts";
import type { Clock } from "../lib/clock.ts";
import type { MachineObserver } from "../machines/observe.ts";
import { type MachinesSeen, noMachinesSeen } from "../machines/plan.ts";

/** What is really there, all of it read anew. While the engine is away the containers are those it showed last. */
export interface Observed {
  /** Milliseconds since the epoch. */
  now: number;
  engine: EngineState;
  /** What can be offered: without the extension's own containers and other extensions'. */
  containers: readonly ContainerFacts[];
  byId: ReadonlyMap<string, ContainerFacts>;
  self: Self | null;
  /** Where the backend reaches the engine's host; null when it cannot. */
  hostAddress: string | null;
  forwards: readonly ActiveForward[];
  /** Whether the node is closed for everything else. */
  guarded: boolean;
  /** Says why the forwards could not be read; null when they could. */
  forwardsError: AppError | null;
  machines: MachinesSeen;
  /** Tailnet addresses of those who are connected now, by `forwardKey`. */
  visitors: ReadonlyMap<string, readonly string[]>;
}

export const nothingObserved: Observed = {
  now: 0,
  engine: { state: "connecting" },
  containers: [],
  byId: new Map(),
  self: null,
  hostAddress: null,
  forwards: [],
  guarded: false,
  forwardsError: null,
  machines: noMachinesSeen,
  visitors: new Map(),
};

export interface ObserveDependencies {
  engine: Engine;
  dataPlane: DataPlane;
  ownContainerId: string;
  observeMachines: MachineObserver;
  /** Learns the names of devices, by address. */
  learnNames: (addresses: Iterable<string>) => Promise<void>;
  clock: Clock;
}

/** Never rejects: a part that cannot be seen keeps what was seen of it before, and says so. */
export async function observe(
  { engine, dataPlane, ownContainerId, observeMachines, learnNames, clock }: ObserveDependencies,
  before: Observed,
  signal: AbortSignal,
): Promise<Observed> {
  const [seen, visitors, forwards] = await Promise.all([
    observeEngine(engine, before, signal),
    dataPlane.visitors(signal).catch(() => before.visitors),
    dataPlane.observe(signal).then(
      (list) => ({ forwards: list ?? [], guarded: list !== null, forwardsError: null }),
      (error: AppError) => ({ forwards: before.forwards, guarded: before.guarded, forwardsError: error }),
    ),
  ]);
  await learnNames([...visitors.values()].flat());
  const { list } = seen;
  const self = findSelf(list, ownContainerId);
  return {
    now: clock.now(),
    engine: seen.engine,
    containers: list.filter((container) => !isExtensionContainer(container)),
    byId: new Map(list.map((container) => [container.id, container])),
    self,
    hostAddress: before.hostAddress ?? (await hostAddressOf(engine, self, signal)),
    ...forwards,
    visitors,
    machines: await observeMachines(seen.engine.state === "connected" ? list : null, before.machines, signal),
  };
}

async function observeEngine(engine: Engine, before: Observed, signal: AbortSignal) {
  try {
    // Connecting again after an outage negotiates anew: the engine may have been updated.
    const state: EngineState =
      before.engine.state === "connected"
        ? before.engine
        : { state: "connected", ...(await engine.connect(signal)) };
    return { engine: state, list: await engine.listContainers(signal) };
  } catch (error) {
    const state: EngineState = { state: "unreachable", fault: (error as AppError).fault };
    return { engine: state, list: [...before.byId.values()] };
  }
}

/** The home network never changes while the backend runs, so this is asked until it is known. */
async function hostAddressOf(engine: Engine, self: Self | null, signal: AbortSignal): Promise<string | null> {
  if (self?.homeNetworkId == null) return null;
  return await engine.hostAddressOn(self.homeNetworkId, signal).catch(() => null);
}
