import { assertNever } from "@tailnet-share/contract/errors";
import type { StoredShare } from "../../shares/stored-share.ts";
import type { Step } from "./step.ts";

/** The subject of a step, for display: a workload, a network, an image's tag; empty for all shares at once. Pure. */
export function stepSubject(
  step: Step,
  shares: readonly Pick<StoredShare, "workload" | "machine">[],
): string {
  switch (step.kind) {
    case "rebind":
    case "expire":
      return step.workload;
    case "join":
    case "leave":
      return step.networkName;
    case "forward":
    case "end-flows":
    case "serve":
    case "node-adjust":
      return "";
    case "certificate":
      return step.host;
    case "machine-fetch":
      return step.tag;
    case "machine-retire":
    case "machine-forget":
      return step.name;
    case "machine-start":
    case "machine-stop":
    case "machine-login":
    case "machine-adjust":
    case "machine-note":
    case "machine-look":
    case "machine-serve":
    case "machine-certificate":
      // A machine that is being removed has no share any more.
      return shares.find(({ machine }) => machine?.key === step.key)?.workload ?? step.key;
    default:
      return assertNever(step);
  }
}
