import type { DataPlane } from "../../dataplane/data-plane.ts";
import type { Egress } from "../../engine/egress.ts";
import type { Engine } from "../../engine/engine.ts";
import type { HttpsExecutors } from "../../https/https.ts";
import type { MachineExecutors } from "../../machines/step.ts";
import { keepingTalks, type Talks } from "../../networks/talks.ts";
import type { StoredShare } from "../../shares/stored-share.ts";
import type { NodeExecutors } from "../../tailscale/node/preferences.ts";
import { createJoin } from "./join.ts";
import type { Step } from "./step.ts";

export interface ExecuteDependencies {
  engine: Engine;
  dataPlane: DataPlane;
  /** Stores the current name of a share's container. */
  rebind: (
    workload: string,
    to: Pick<StoredShare, "workload" | "name" | "project" | "image" | "lastContainerId">,
  ) => Promise<void>;
  /** Removes the share of a workload. */
  unshare: (workload: string) => Promise<void>;
  egress: Pick<Egress, "route">;
  /** The connections that the backend must not lose by joining a network. */
  talks: Talks;
  node: NodeExecutors;
  machines: MachineExecutors;
  https: HttpsExecutors;
}

type Executors = {
  [K in Step["kind"]]: (
    step: Extract<Step, { kind: K }>,
    signal: AbortSignal,
    ownId: string,
  ) => Promise<void>;
};

/** One executor per step kind. Each rejects with an `AppError` and changes nothing, or can be retried. */
export function createExecutors({
  engine,
  dataPlane,
  rebind,
  unshare,
  egress,
  node,
  machines,
  https,
  talks,
}: ExecuteDependencies): Executors {
  const executors: Executors = {
    ...node,
    ...machines,
    ...https,

    rebind: async ({ workload, to: { containerId, ...to } }) =>
      await rebind(workload, { ...to, lastContainerId: containerId }),

    expire: async ({ workload }) => await unshare(workload),

    join: createJoin({ engine, egress }),

    forward: async ({ forwards, before }, signal) => await dataPlane.replace(forwards, before, signal),
    "end-flows": async ({ gone }, signal) => await dataPlane.endFlows(gone, signal),
    leave: async ({ networkId }, signal, ownId) => await engine.leaveNetwork(networkId, ownId, signal),
  };
  return { ...executors, join: keepingTalks(talks, executors.join, engine.leaveNetwork) };
}

/** Runs the step's executor. */
export async function execute(
  executors: Executors,
  step: Step,
  ownId: string,
  signal: AbortSignal,
): Promise<void> {
  // The mapped type pairs kinds with their executors; the compiler cannot follow that through an index.
  const executor = executors[step.kind] as (step: Step, signal: AbortSignal, ownId: string) => Promise<void>;
  await executor(step, signal, ownId);
}
