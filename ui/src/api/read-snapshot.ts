import { Snapshot } from "@tailnet-share/contract/snapshot";
import { Workload } from "@tailnet-share/contract/workload";

/** The result of a parse, shaped like Zod's `safeParse`. */
type Parsed = { success: true; data: Snapshot } | { success: false; error: Error };

const Rest = Snapshot.omit({ workloads: true });

/** Parses a snapshot row by row. Counts invalid rows as skipped and keeps the others. */
export const SnapshotByRow = {
  safeParse(value: unknown): Parsed {
    const rows = rowsOf(value);
    if (rows === null) return Snapshot.safeParse(value);
    const rest = Rest.safeParse(value);
    if (!rest.success) return rest;
    const workloads = rows.flatMap((row) => Workload.safeParse(row).data ?? []);
    const skipped = rest.data.skipped + rows.length - workloads.length;
    return { success: true, data: { ...rest.data, workloads, skipped } };
  },
};

function rowsOf(value: unknown): readonly unknown[] | null {
  if (typeof value !== "object" || value === null || !("workloads" in value)) return null;
  return Array.isArray(value.workloads) ? value.workloads : null;
}
