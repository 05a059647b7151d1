import type { AppError } from "@tailnet-share/contract/errors";
import type { EngineState } from "@tailnet-share/contract/model";
import type { ActiveForward, DataPlane } from "../dataplane/data-plane.ts";
import type { ContainerFacts } from "../docker/facts.ts";
import { isExtensionContainer } from "../docker/identity.ts";
import type { Self } from "../docker/targets.ts";
import type { Clock } from "../lib/clock.ts";
import { type MachinesSeen, noMachinesSeen } from "../machines/plan.ts";
import type { EngineLook } from "./engine-look.ts";

/** What is really there, all of it read anew. While the engine is away the containers are those it showed last. */
export interface Observed {
  /** Milliseconds since the epoch. */
  now: number;
  engine: EngineState;
  /** Whether the engine was asked for this. Else the containers, and all that hangs on them, are as it showed them last. */
  fresh: boolean;
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
  fresh: false,
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

/** How long a pass waits for the names of visitors. Milliseconds. */
const NAMES_MS = 500;

export interface ObserveDependencies {
  lookAtEngine: EngineLook;
  dataPlane: DataPlane;
  /** Learns the names of devices, by address. */
  learnNames: (addresses: Iterable<string>) => Promise<void>;
  clock: Clock;
}

/** Never rejects: a part that cannot be seen keeps what was seen of it before, and says so. */
export async function observe(
  { lookAtEngine, dataPlane, learnNames, clock }: ObserveDependencies,
  before: Observed,
  signal: AbortSignal,
): Promise<Observed> {
  const [seen, visitors, forwards] = await Promise.all([
    lookAtEngine({ ...before, list: [...before.byId.values()] }, signal),
    dataPlane.visitors(signal).catch(() => before.visitors),
    dataPlane.observe(signal).then(
      (list) => ({ forwards: list ?? [], guarded: list !== null, forwardsError: null }),
      (error: AppError) => ({ forwards: before.forwards, guarded: before.guarded, forwardsError: error }),
    ),
  ]);
  await namesInTime(learnNames([...visitors.values()].flat()), clock);
  const { list, ...shown } = seen;
  return {
    ...shown,
    ...forwards,
    now: clock.now(),
    containers: list.filter((container) => !isExtensionContainer(container)),
    byId: new Map(list.map((container) => [container.id, container])),
    visitors,
  };
}

/** Names are for reading: a tailscaled that hangs must not hold up what the shares need. */
async function namesInTime(learning: Promise<void>, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([
    learning.catch(() => undefined),
    clock.sleep(NAMES_MS, over.signal).catch(() => undefined),
  ]);
  over.abort();
}
