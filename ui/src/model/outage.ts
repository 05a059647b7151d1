import type { Mode } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";

/** A part that everything else depends on and that is away. Only the gravest one counts. */
export type Outage = "backend" | "engine" | "control" | "node";

/** Ignores a single lost poll and reports two in a row. */
const NEWS = 2;

/** Whether the backend is away for longer than one poll. */
export function isLost({ failures }: { readonly failures: number }): boolean {
  return failures >= NEWS;
}

/** Picks the outage that makes the most of what the panel shows doubtful; null while all is well. */
export function outageOf(
  { engine, alerts, node }: Pick<Snapshot, "engine" | "alerts" | "node">,
  link: { readonly failures: number },
): Outage | null {
  if (isLost(link)) return "backend";
  if (engine.state === "unreachable") return "engine";
  if (node.state !== "connected") return "node";
  return alerts.some(({ code }) => code === "CONTROL_UNREACHABLE") ? "control" : null;
}

/** The outage that makes a live share doubtful. A machine is in the tailnet without this node. */
export function doubtOf(outage: Outage | null, mode: Mode): Outage | null {
  return outage === "node" && mode === "machine" ? null : outage;
}

/** Follows 'Shared · '. */
export const DOUBTS: Record<Outage, string> = {
  backend: "not confirmed",
  engine: "engine isn't responding",
  control: "control server unreachable",
  node: "node isn't connected",
};
