import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Alert, Snapshot } from "@tailnet-share/contract/snapshot";

type NodeIn<S extends NodeState["state"]> = Extract<NodeState, { state: S }>;
export type ListNode = NodeIn<"connected" | "connecting" | "paused" | "expired">;

/** The screen that matches the known state. */
export type Screen<P> =
  | { readonly kind: "loading" }
  | { readonly kind: "unreachable"; readonly problem: P }
  | { readonly kind: "starting"; readonly waitsFor: string }
  | { readonly kind: "logged-out"; readonly node: NodeIn<"logged-out"> }
  | { readonly kind: "needs-approval"; readonly adminUrl: string }
  | { readonly kind: "failed"; readonly fault: Fault }
  | { readonly kind: "list"; readonly node: ListNode };

/** After an update the backend refuses connections for about four seconds; do not report that. */
const PATIENCE = 4;

export function screenOf<P extends { readonly code: string }>(
  snapshot: Snapshot | undefined,
  link: { readonly failures: number; readonly problem: P | null },
): Screen<P> {
  if (!snapshot) {
    const given = link.problem !== null && (link.failures > PATIENCE || isFinal(link.problem.code));
    return given ? { kind: "unreachable", problem: link.problem } : { kind: "loading" };
  }
  const { node } = snapshot;
  switch (node.state) {
    case "starting":
      return { kind: "starting", waitsFor: node.waitsFor };
    case "logged-out":
      return { kind: "logged-out", node };
    case "needs-approval":
      return { kind: "needs-approval", adminUrl: node.adminUrl };
    case "failed":
      return { kind: "failed", fault: node.fault };
    case "connected":
    case "connecting":
    case "paused":
    case "expired":
      return { kind: "list", node };
    default:
      return assertNever(node);
  }
}

/** Waiting does not fix these. A first attempt that timed out has also waited long enough. */
function isFinal(code: string): boolean {
  return code === "NO_HOST" || code === "BAD_ANSWER" || code === "BACKEND_SILENT";
}

/** Faults that concern no single share: alerts of the backend, the engine and the data plane, each code once. */
export function lastingFaults({ alerts, engine, dataPlane }: Snapshot): Alert[] {
  const all: Alert[] = [
    ...(engine.state === "unreachable" ? [engine.fault] : []),
    ...(dataPlane.fault ? [dataPlane.fault] : []),
    ...alerts,
  ];
  return [...new Map(all.map((fault) => [`${fault.code} ${fault.message}`, fault])).values()];
}
