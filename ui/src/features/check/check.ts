import { type CheckHop, type CheckReport, faultOf } from "@tailnet-share/contract/check";
import { assertNever } from "@tailnet-share/contract/errors";
import type { Exposure } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";

/** Hop names for a user who is troubleshooting. */
export const HOPS: Record<CheckHop["hop"], string> = {
  container: "Container runs",
  network: "Network reaches it",
  listening: "Something listens on the port",
  "data-plane": "Forwarding is in place",
  machine: "Its machine is on the tailnet",
  visit: "A visit from this node is answered",
  node: "This node is on the tailnet",
  "machine-visit": "A visit over the tailnet is answered",
  "way-back": "Answers go back to the tailnet",
  tailnet: "Reachable from the tailnet",
};

/** Describes the outcome in a word or two, because colour alone is not enough. */
export function outcomeWords({ outcome }: CheckHop): string {
  switch (outcome) {
    case "passed":
      return "Fine";
    case "failed":
      return "Fails";
    case "not-tried":
      return "Not tried";
    default:
      return assertNever(outcome);
  }
}

export function hopDetail(hop: CheckHop): string {
  return hop.outcome === "failed" ? hop.fault.message : hop.detail;
}

/** Summarizes a check without a failure. */
export function conclusion({ hops }: Pick<CheckReport, "hops">): string {
  return hops.some(({ outcome }) => outcome === "not-tried")
    ? "Everything that could be tried works."
    : "Everything on the way works.";
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
