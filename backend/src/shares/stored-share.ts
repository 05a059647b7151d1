import { MachineKey, MachineOptions } from "@tailnet-share/contract/machine";
import { Settings } from "@tailnet-share/contract/settings";
import { Mode, NetworkName, SharedPort } from "@tailnet-share/contract/share";
import { WorkloadId } from "@tailnet-share/contract/workload";
import { z } from "zod";

/** Milliseconds since the epoch, as far as there are dates: a file that was restored from a backup may say anything. */
const Moment = z.int().min(0).max(8_640_000_000_000_000);

/** A stored intention. Everything else about a share is observed. */
export const StoredShare = z.object({
  workload: WorkloadId,
  mode: Mode,
  /** Empty only for a machine whose container declares none. */
  ports: z.array(SharedPort),
  /** What it wants as a machine; kept while it is shared on the node. */
  machine: z.object({ key: MachineKey, ...MachineOptions.shape }).nullable(),
  /** The user's choice of network between the node and the container; null for any. */
  network: NetworkName.nullable(),
  /** When it ends by itself; null for never. */
  until: Moment.nullable(),
  /** What to show while the container is not there. */
  name: z.string(),
  project: z.string().nullable(),
  image: z.string(),
  /** The container last seen under this identity: how a renamed container is found again. */
  lastContainerId: z.string().nullable(),
});
export type StoredShare = z.infer<typeof StoredShare>;
export type StoredMachine = NonNullable<StoredShare["machine"]>;

/**
 * A machine that is wanted no more. Its identity is kept for a while, so that whoever changes their mind gets the same machine
 * back; then it is taken out of the tailnet.
 */
export const RetiringMachine = z.object({
  key: MachineKey,
  /** Whose it was; null for one that an earlier release wrote down: then its key tells. */
  workload: WorkloadId.nullable(),
  name: z.string(),
  since: Moment,
  /** The user has given up removing it from the tailnet: only what is kept of it here has to go. */
  dismissed: z.boolean(),
});
export type RetiringMachine = z.infer<typeof RetiringMachine>;

/*
 * Whoever adds a field to one of these files raises its version, with a step in `migrations.ts` and a fixture of the version
 * before: a release that does not know the field would read the file and leave the field out when it writes it.
 */

/** Versions that this release writes. */
export const SHARES_VERSION = 6;
export const SETTINGS_VERSION = 4;

export const SharesFile = z.object({
  version: z.literal(SHARES_VERSION),
  shares: z.array(StoredShare),
  retiring: z.array(RetiringMachine),
});
export type SharesFile = z.infer<typeof SharesFile>;

export const SettingsFile = z.object({
  version: z.literal(SETTINGS_VERSION),
  controlUrl: z.string(),
  hostname: z.string(),
  oneClick: z.enum(["auto", "node", "machine"]),
  machineTailscale: z.string(),
  machineNames: Settings.shape.machineNames,
  updateNotices: Settings.shape.updateNotices,
  /** Certificates of extra authorities, as PEM; empty for none. */
  authorities: z.string(),
  /** Tells this installation's containers from those of another on the same engine. */
  installation: z.string(),
});
export type SettingsFile = z.infer<typeof SettingsFile>;
