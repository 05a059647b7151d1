import type { CheckHop, CheckReport } from "@tailnet-share/contract/check";
import { assertNever } from "@tailnet-share/contract/errors";
import type { Workload } from "@tailnet-share/contract/workload";

/** In the words of somebody who looks for what is broken. */
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

/** What came of it, in a word or two; never by colour alone. */
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

/** What a check without a failure comes to. */
export function conclusion({ hops }: Pick<CheckReport, "hops">): string {
  return hops.some(({ outcome }) => outcome === "not-tried")
    ? "Everything that could be tried works."
    : "Everything on the way works.";
}

/** Whether a report is about something else than what the row shows now: it may be wrong by now. */
export function isOutdated({ of }: CheckReport, { run, containerId, share }: Workload): boolean {
  // Both were parsed by the same schema, so the same value is the same text.
  return JSON.stringify(of) !== JSON.stringify({ run, containerId, exposure: share?.exposure });
}
