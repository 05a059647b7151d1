import { describe, expect, it } from "vitest";
import { systemClock } from "../../backend/src/lib/clock.ts";
import { createLog } from "../../backend/src/operations/log/log.ts";
import { createAttempt } from "../../backend/src/reconcile/steps/attempt.ts";
import type { execute } from "../../backend/src/reconcile/steps/execute.ts";
import { createFailures } from "../../backend/src/reconcile/steps/failures.ts";
import type { Step } from "../../backend/src/reconcile/steps/step.ts";
import { STEP_LINE } from "./crash-point.ts";

const look: Step = {
  ...{
    kind: "machine-look",
    key: "k",
    targetId: "web",
    life: null,
    reachTailnet: false,
    ports: [],
    askTls: null,
  },
};
const leave: Step = { kind: "leave", networkId: "n", networkName: "net" };

describe.each(["text", "json"] as const)("the log in the format %s", (format) => {
  /** Makes two attempts, and returns the matches of `STEP_LINE` in each line that they log. */
  async function found(step: Step, succeeds: boolean): Promise<(string | undefined)[][]> {
    const lines: string[] = [];
    const { log } = createLog({ level: "debug", format, write: (line) => lines.push(line) });
    const executor = async () => await (succeeds ? Promise.resolve() : Promise.reject(new Error("broken")));
    const executors = { leave: executor, "machine-look": executor } as unknown as Parameters<
      typeof execute
    >[0];
    const attempt = createAttempt({
      executors,
      ownContainerId: () => "own",
      failures: createFailures(systemClock),
      log,
      meter: undefined,
    });
    for (let count = 0; count < 2; count += 1) await attempt(step, new AbortController().signal);
    return lines.map((line) => [STEP_LINE.event.exec(line)?.[1], STEP_LINE.kind.exec(line)?.[1]]);
  }

  it.each([look, leave])("has a line for the start and for each end of the step $kind", async (step) => {
    const { kind } = step;
    expect(await found(step, true)).toEqual([
      ["begins", kind],
      ["done", kind],
      ["begins", kind],
      ["done", kind],
    ]);
    expect(await found(step, false)).toEqual([
      ["begins", kind],
      ["failed", kind],
      ["begins", kind],
      ["fails again", kind],
    ]);
  });
});
