import type { Fault } from "@tailnet-share/contract/errors";
import { type Step, type StepId, stepKey } from "./step.ts";

/** Why the last attempts of steps failed. */
export interface StepFaults {
  /** Returns undefined when the step has not failed, or has succeeded since. */
  of(step: StepId): Fault | undefined;
  ofKind(kind: Step["kind"]): readonly Fault[];
}

/** Makes faults available by step. Later ones replace earlier ones of the same step. */
export function stepFaults(failed: readonly { step: StepId; fault: Fault }[]): StepFaults {
  const byKey = new Map(failed.map((failure) => [stepKey(failure.step), failure]));
  return {
    of: (step) => byKey.get(stepKey(step))?.fault,
    ofKind: (kind) => [...byKey.values()].flatMap(({ step, fault }) => (step.kind === kind ? [fault] : [])),
  };
}

export const noFaults: StepFaults = stepFaults([]);
