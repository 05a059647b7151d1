import type { Fault } from "@tailnet-share/contract/errors";
import type { ActiveForward, Forward } from "../../dataplane/data-plane.ts";
import type { HttpsStep } from "../../https/https.ts";
import type { MachineStep } from "../../machines/step.ts";
import type { Neighbours } from "../../networks/neighbours.ts";
import type { NodeStep } from "../../tailscale/node/preferences.ts";

/** One change. Every kind has one executor. */
export type Step =
  /** Stores the current name and ID of a share's container. */
  | {
      kind: "rebind";
      workload: string;
      to: { workload: string; name: string; project: string | null; image: string; containerId: string };
    }
  /** Ends a share that has expired. */
  | { kind: "expire"; workload: string }
  | {
      kind: "join";
      networkId: string;
      networkName: string;
      /** A known reason why it would fail; null for none. */
      refusal: Fault | null;
      neighbours: Neighbours;
    }
  | { kind: "forward"; forwards: readonly Forward[]; before: readonly ActiveForward[] }
  | { kind: "leave"; networkId: string; networkName: string }
  | { kind: "end-flows"; gone: readonly Forward[] }
  | NodeStep
  | HttpsStep
  | MachineStep;

/** A step's kind and subject: two steps with the same ones are attempts at the same thing, so they share their failures. */
export type StepId = { [K in Step["kind"]]: IdOf<Extract<Step, { kind: K }>> }[Step["kind"]];
type IdOf<S extends Step> = Pick<S, Extract<keyof S, "kind" | "workload" | "networkId" | "host" | "key">>;

/** A step's kind and subject as text, for maps and log lines. Nothing takes it apart. */
export function stepKey(step: StepId): string {
  switch (step.kind) {
    case "rebind":
    case "expire":
      return `${step.kind} ${step.workload}`;
    case "join":
    case "leave":
      return `${step.kind} ${step.networkId}`;
    case "forward":
    case "end-flows":
    case "serve":
    case "node-adjust":
      return step.kind;
    case "certificate":
      return `${step.kind} ${step.host}`;
    default:
      return `${step.kind} ${step.key}`;
  }
}

/** Differs from every machine's key. */
export const JOINS_LANE = "joins";

/**
 * The lane that serializes a step: one per machine, and one for all joins. Steps in other lanes run concurrently. Null: no lane.
 */
export function stepLane(step: Step): string | null {
  // Two concurrent joins could blame each other for a default route that moved.
  if (step.kind === "join") return JOINS_LANE;
  // Leave networks in parallel: `compose down` removes them one right after the other.
  if (step.kind === "leave") return stepKey(step);
  // An authority takes up to a minute, and the node's preferences wait for a login step under way.
  if (step.kind === "certificate" || step.kind === "node-adjust") return step.kind;
  return "key" in step ? step.key : null;
}

/** Whether a pass doesn't wait for the step. */
export function isLeftToItsLane(step: Step): boolean {
  return stepLane(step) !== null && step.kind !== "join" && step.kind !== "leave";
}
