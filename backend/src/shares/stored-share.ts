import { Mode, SharedPort, WorkloadId } from "@tailnet-share/contract/model";
import { z } from "zod";

/** A stored intention. Everything else about a share is observed. */
export const StoredShare = z.object({
  workload: WorkloadId,
  mode: Mode,
  ports: z.array(SharedPort).min(1),
  /** What to show while the container is not there. */
  name: z.string(),
  project: z.string().nullable(),
  image: z.string(),
  /** The container last seen under this identity: how a renamed container is found again. */
  lastContainerId: z.string().nullable(),
});
export type StoredShare = z.infer<typeof StoredShare>;

export const SharesFile = z.object({ version: z.literal(1), shares: z.array(StoredShare) });
export type SharesFile = z.infer<typeof SharesFile>;

export const SettingsFile = z.object({ version: z.literal(1), controlUrl: z.string(), hostname: z.string() });
export type SettingsFile = z.infer<typeof SettingsFile>;
