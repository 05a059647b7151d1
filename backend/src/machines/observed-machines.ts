import type { NodeState } from "@tailnet-share/contract/node";
import type { StoredShare } from "../shares/stored-share.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import type { MachineRuntime } from "./container/container.ts";
import type { Retirement } from "./container/undo-time.ts";
import type { MachineIdentity } from "./device/identity.ts";
import type { Visits } from "./watch/visits.ts";
import type { ObservedMachine } from "./watch/watch.ts";

/** A share and its container, as far as machines need them. */
export interface SharedContainer {
  share: StoredShare;
  /** Null if the container does not exist. */
  found: { container: ContainerFacts } | null;
}

/** Everything observed about machines. */
export interface ObservedMachines {
  /** Null until the backend knows its own image and volume; until then nothing is planned. */
  runtime: MachineRuntime | null;
  present: readonly ObservedMachine[];
  /** Containers used by a step on a machine, or left by a killed backend. */
  helpers: readonly { key: string; containerId: string }[];
  /** Start times by ID, see `whoseStarts`. */
  targetStarts: ReadonlyMap<string, string>;
  /** By key, for every machine that has a directory. */
  identities: ReadonlyMap<string, MachineIdentity | null>;
  retiring: readonly Retirement[];
  /** By key, of shared machines. */
  visits: ReadonlyMap<string, Visits>;
  /** Keys of machines to look into because a panel is open. */
  lookInto: ReadonlySet<string>;
  /** The extension's own node: machines join its tailnet and rest when it rests. */
  tailnet: { state: NodeState["state"]; home: string | null };
  /** Tags whose images the engine has, as far as is known. */
  images: ReadonlySet<string>;
  /** By the monotonic clock. Milliseconds. */
  at: number;
}

export const noMachinesSeen: ObservedMachines = {
  runtime: null,
  present: [],
  helpers: [],
  targetStarts: new Map(),
  identities: new Map(),
  retiring: [],
  visits: new Map(),
  lookInto: new Set(),
  tailnet: { state: "starting", home: null },
  images: new Set(),
  at: 0,
};
