import { type CheckHop, type CheckReport, faultOf } from "@tailnet-share/contract/check";
import { assertNever } from "@tailnet-share/contract/errors";
import type { Exposure } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";

/** Hop names for a user who is troubleshooting. */
export const HOPS: Record<CheckHop["hop"], string> = {
  container: "Container",
  network: "Network",
  listening: "Port",
  "data-plane": "Forwarding",
  machine: "Own machine",
  visit: "Connection from this node",
  node: "This node",
  "machine-visit": "Connection over the tailnet",
  "way-back": "Return path",
  tailnet: "Your other devices",
};

/** Describes the outcome in a word or two, because colour alone is not enough. */
export function outcomeWords({ outcome }: CheckHop): string {
  switch (outcome) {
    case "passed":
      return "Passed";
    case "failed":
      return "Failed";
    case "not-tried":
      return "Skipped";
    default:
      return assertNever(outcome);
  }
}

export function hopDetail(hop: CheckHop): string {
  return hop.outcome === "failed" ? hop.fault.message : hop.detail;
}

/** Summarizes a check without a failure. */
export function conclusion({ hops }: Pick<CheckReport, "hops">): string {
  const skipped = hops.filter(({ outcome }) => outcome === "not-tried").length;
  return skipped === 0 ? "All tests passed." : `All tests passed, ${skipped} skipped.`;
}

/**
 * Returns true when the report describes a different state from the one that the row shows, and so may be stale. Why a port does not answer
 * is left out, and after a failed check also which ports: the row may learn that after the check, and then they agree.
 */
export function isOutdated({ of, hops }: CheckReport, { run, containerId, share }: Workload): boolean {
  const failed = faultOf({ hops }) !== null;
  const now = { run, containerId, exposure: share?.exposure ?? null };
  // The same schema parsed both values, so equal values have equal JSON.
  return JSON.stringify(comparable(of, failed)) !== JSON.stringify(comparable(now, failed));
}

function comparable(
  { run, containerId, exposure }: Omit<CheckReport["of"], "exposure"> & { exposure: Exposure | null },
  failed: boolean,
) {
  if (exposure?.state !== "live") return { run, containerId, exposure };
  const unanswered = failed ? [] : exposure.unanswered.map(({ port, protocol }) => ({ port, protocol }));
  return { run, containerId, exposure: { ...exposure, unanswered } };
}
