import { MachineKey, MachineOptions } from "@tailnet-share/contract/machine";
import { Mode, NetworkName, SharedPort } from "@tailnet-share/contract/share";
import { WorkloadId } from "@tailnet-share/contract/workload";
import { z } from "zod";

/** Milliseconds since the epoch, within the range of dates: a file restored from a backup may contain anything. */
const Moment = z.int().min(0).max(8_640_000_000_000_000);

/** A stored intention. Everything else about a share is observed. */
export const StoredShare = z.object({
  workload: WorkloadId,
  mode: Mode,
  /** The shared ports; empty only for a machine whose container declares none. */
  ports: z.array(SharedPort),
  /** The machine's options; kept while the container is shared on the node. */
  machine: z.object({ key: MachineKey, ...MachineOptions.shape }).nullable(),
  /** The user's choice of network between the node and the container; null for any. */
  network: NetworkName.nullable(),
  /** When the share expires; null for never. */
  until: Moment.nullable(),
  /** Displayed while the container does not exist. */
  name: z.string(),
  project: z.string().nullable(),
  image: z.string(),
  /** The container last seen under this identity. Used to find a renamed container again. */
  lastContainerId: z.string().nullable(),
});
export type StoredShare = z.infer<typeof StoredShare>;
export type StoredMachine = NonNullable<StoredShare["machine"]>;

/**
 * A machine that is no longer wanted. Its identity is kept for a while, so that switching the share on again brings back the same machine;
 * then it is removed from the tailnet.
 */
export const RetiringMachine = z.object({
  key: MachineKey,
  /** The machine's workload; null if an earlier release wrote the entry: then its key identifies it. */
  workload: WorkloadId.nullable(),
  name: z.string(),
  since: Moment,
  /** The user has given up removing it from the tailnet: only its local state has to be deleted. */
  dismissed: z.boolean(),
});
export type RetiringMachine = z.infer<typeof RetiringMachine>;

/*
 * When you add a field to this file, raise its version, and add a step to `migrations.ts` and a fixture of the previous version.
 * A release that does not know the field would otherwise read the file and drop the field on its next write.
 */

/** The version that this release writes. */
export const SHARES_VERSION = 6;

export const SharesFile = z.object({
  version: z.literal(SHARES_VERSION),
  shares: z.array(StoredShare),
  retiring: z.array(RetiringMachine),
});
export type SharesFile = z.infer<typeof SharesFile>;
