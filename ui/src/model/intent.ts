import type { WorkloadId } from "@tailnet-share/contract/workload";

/** A request that the backend has not answered yet. Shown at once, in place of the known state. */
export type Intent = "share" | "unshare" | "change";

export type Intents = ReadonlyMap<WorkloadId, Intent>;
