import type { Lanes } from "./lanes.ts";
import type { LeftNetworks } from "./leave/left-networks.ts";
import type { Failures } from "./steps/failures.ts";
import { type Step, stepLane } from "./steps/step.ts";

/** Says which planned steps may run now, and runs them: those of machines and networks in lanes, the others in the pass. */
export interface DueSteps {
  /** Selects the steps to run now. Steps that are held up come later, unless a step among these can end that. */
  select(steps: readonly Step[]): Step[];
  /** Returns whether a selected step may still begin: its lane may have been taken since, or replacing the rules may have failed. */
  mayBegin(step: Step): boolean;
  /** Begins a step. Resolves when it has ended, or at once if it has a lane. */
  begin(step: Step, signal: AbortSignal): Promise<void>;
  /** Resolves when the step has ended; at once if it is not due, or has no lane. */
  beginInLane(step: Step, signal: AbortSignal): Promise<void>;
}

export interface DueStepsDependencies {
  lanes: Pick<Lanes, "isFree" | "begin">;
  leftNetworks: Pick<LeftNetworks, "note">;
  failures: Pick<Failures, "has" | "isWaiting">;
  /** Executes a step and records its outcome. Never rejects. */
  attempt: (step: Step, signal: AbortSignal) => Promise<void>;
}

export function createDueSteps({ lanes, leftNetworks, failures, attempt }: DueStepsDependencies): DueSteps {
  function isDue(step: Step): boolean {
    const lane = stepLane(step);
    return (lane === null || lanes.isFree(lane, step)) && !failures.isWaiting(step);
  }

  /** Leave a network only after the rules for it are gone. */
  function isHeldUp({ kind }: Step): boolean {
    return (kind === "leave" || kind === "end-flows") && failures.has({ kind: "forward" });
  }

  async function beginInLane(step: Step, signal: AbortSignal): Promise<void> {
    const lane = stepLane(step);
    if (lane === null || !isDue(step)) return;
    const work = async (until: AbortSignal) => {
      await attempt(step, until);
      if (step.kind === "leave") leftNetworks.note(step.networkId);
    };
    await lanes.begin(lane, step, work, signal);
  }

  return {
    select(steps) {
      const due = steps.filter(isDue);
      return due.some(({ kind }) => kind === "forward") ? due : due.filter((step) => !isHeldUp(step));
    },
    mayBegin: (step) => isDue(step) && !isHeldUp(step),
    async begin(step, signal) {
      if (stepLane(step) === null) await attempt(step, signal);
      else void beginInLane(step, signal);
    },
    beginInLane,
  };
}
