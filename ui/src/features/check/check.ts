import type { CheckHop, CheckReport } from "@tailnet-share/contract/check";
import { assertNever } from "@tailnet-share/contract/errors";
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

/** Returns true when the report describes a different state from the one that the row shows, and so may be stale. */
export function isOutdated({ of }: CheckReport, { run, containerId, share }: Workload): boolean {
  // The same schema parsed both values, so equal values have equal JSON.
  return JSON.stringify(of) !== JSON.stringify({ run, containerId, exposure: share?.exposure });
}
