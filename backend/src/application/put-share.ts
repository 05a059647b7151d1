import { AppError } from "@tailnet-share/contract/errors";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Clock } from "../lib/clock.ts";
import type { MachineCredentials } from "../machines/credentials/credentials.ts";
import { publicSettings } from "../settings/settings.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import { NO_NAMES, type TailnetNames } from "../shares/machine-share.ts";
import type { ShareService } from "../shares/service.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { Heard } from "../workloads/likely-port.ts";

export interface PutShareDependencies {
  shares: Pick<ShareService, "list" | "put">;
  settings: JsonStore<SettingsFile>;
  credentials: MachineCredentials;
  /** The ports in a workload's container that accept connections and answer HTTP; null when they don't matter or take too long. */
  hear: (workload: string, ms: number) => Promise<Heard | null>;
  tailnetNames: () => Promise<TailnetNames>;
  feed: {
    current: () => Pick<Snapshot, "revision" | "workloads">;
    newerThan: (since: string, ms: number, signal: AbortSignal) => Promise<unknown>;
  };
  /** Makes sure that a container that just started is in the snapshot. */
  catchUp: (workload: string) => Promise<void>;
  /** Has the loop look at everything, and waits briefly for it. */
  look: () => Promise<void>;
  clock: Clock;
}

/** Deadline for looking into the container when a click names no port. Milliseconds. */
const HEAR_MS = 700;

/** How long a click that names no port waits for the engine to report the container's ports. Milliseconds. */
export const PORTS_MS = 5_000;

/** The use case behind the switch: stores a share, and fills in the details that the user left open. */
export function createPutShare(
  dependencies: PutShareDependencies,
): (workload: string, wanted: PutShare) => Promise<void> {
  const { shares, settings, credentials, feed, clock } = dependencies;

  /** The engine lists a container before it reports its ports, by seconds while it is busy starting the container. */
  async function portsKnown(workload: string): Promise<void> {
    const deadline = clock.monotonic() + PORTS_MS;
    for (;;) {
      const { revision, workloads } = feed.current();
      const leftMs = deadline - clock.monotonic();
      const row = workloads.find(({ id }) => id === workload);
      if (row === undefined || row.portsKnown || leftMs <= 0) return;
      await feed.newerThan(revision, leftMs, new AbortController().signal);
    }
  }

  return async (workload, wanted) => {
    await dependencies.catchUp(workload);
    const before = shares.list().find((candidate) => candidate.workload === workload);
    if (before === undefined && wanted.ports === undefined) await portsKnown(workload);
    const usual = publicSettings(settings, credentials).oneClickMode;
    const becomesMachine = (wanted.mode ?? before?.mode ?? usual) === "machine" && before?.mode !== "machine";
    const needsNames =
      becomesMachine ||
      wanted.machine?.name !== undefined ||
      // The machine gets its key now.
      (wanted.machine !== undefined && before?.machine == null);
    const heard =
      before === undefined && wanted.ports === undefined && (wanted.mode ?? usual) === "node"
        ? await dependencies.hear(workload, HEAR_MS)
        : null;
    const surroundings = {
      heard,
      mode: usual,
      names: needsNames ? await dependencies.tailnetNames() : NO_NAMES,
      machineNames: settings.get().machineNames,
    };
    try {
      await shares.put(workload, wanted, surroundings);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "NO_PORTS_KNOWN") throw error;
      // A list older than the container's start lacks its ports.
      await dependencies.look();
      await shares.put(workload, wanted, surroundings);
    }
  };
}
