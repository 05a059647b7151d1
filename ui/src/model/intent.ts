import type { WorkloadId } from "@tailnet-share/contract/workload";

/** What the user has asked for and the backend has not answered yet. Shown at once, in place of what is known. */
export type Intent = "share" | "unshare" | "change";

export type Intents = ReadonlyMap<WorkloadId, Intent>;
