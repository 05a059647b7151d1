import type { StoredShare } from "../../shares/stored-share.ts";
import type { MachineContainer } from "../container/container.ts";
import type { ObservedMachines } from "../observed-machines.ts";
import type { Counted, VisitCounter } from "./visits.ts";
import type { ObservedMachine } from "./watch.ts";

/** Counts the visits to shared machines, and knows which devices are no clients. */
export interface SharedVisits {
  /** Takes the machines that the engine lists. Those of the first list were running before this backend started. */
  list(machines: readonly MachineContainer[]): void;
  /** Resolves with the visits by key, also of shared machines that don't run. Never rejects. */
  count(
    present: readonly ObservedMachine[],
    identities: ObservedMachines["identities"],
    signal: AbortSignal,
  ): Promise<ObservedMachines["visits"]>;
  /** Keys of the machines that have a visitor now. */
  visited(): ReadonlySet<string>;
}

/** The tag of machines that run our own image. */
const OUR_VERSION = "";

export interface SharedVisitsDependencies {
  visits: VisitCounter;
  shares: () => readonly StoredShare[];
  /** The control server's ID for the extension's own node. */
  ownDevice: () => string | null;
}

export function createSharedVisits({ visits, shares, ownDevice }: SharedVisitsDependencies): SharedVisits {
  /** Containers of the first list; null until the engine has listed them. */
  let adopted: ReadonlySet<string> | null = null;
  /** Includes machines that no longer exist, since others may still list them. */
  const ownDevices = new Set<string>();

  function learnOwnDevices(
    present: readonly ObservedMachine[],
    identities: ObservedMachines["identities"],
  ): void {
    const ids = [
      ownDevice(),
      ...present.map(({ details }) => details.deviceId),
      ...[...identities.values()].map((identity) => identity?.deviceId),
    ];
    for (const id of ids) if (id) ownDevices.add(id);
  }

  function countedOf(key: string, present: readonly ObservedMachine[]): Counted {
    const running = present.find((machine) => machine.key === key && machine.run === "running");
    const containerId = running?.containerId ?? null;
    return {
      ...{ key, containerId },
      adopted: containerId !== null && adopted?.has(containerId) === true,
      // An older version may be silent about sessions.
      reportsSessions: running?.tag === OUR_VERSION,
    };
  }

  return {
    visited: () => visits.visited(),
    list(machines) {
      adopted ??= new Set(machines.map(({ containerId }) => containerId));
    },
    async count(present, identities, signal) {
      learnOwnDevices(present, identities);
      const keys = shares().flatMap(({ mode, machine }) =>
        mode === "machine" && machine !== null ? [machine.key] : [],
      );
      const machines = keys.map((key) => countedOf(key, present));
      await visits.look(machines, ownDevices, signal);
      return visits.visits();
    },
  };
}
