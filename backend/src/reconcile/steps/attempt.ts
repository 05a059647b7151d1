import { AppError } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import type { Meter } from "../../operations/metrics/meter.ts";
import { execute } from "./execute.ts";
import type { Failures } from "./failures.ts";
import { type Step, stepKey } from "./step.ts";

export interface AttemptDependencies {
  executors: Parameters<typeof execute>[0];
  ownContainerId: () => string;
  failures: Pick<Failures, "add" | "forget">;
  log: Logger;
  meter: Pick<Meter, "stepEnded"> | undefined;
}

/** Executes a step and records its outcome. Never rejects. */
export function createAttempt({ executors, ownContainerId, failures, log, meter }: AttemptDependencies) {
  return async (step: Step, signal: AbortSignal): Promise<void> => {
    const key = stepKey(step);
    log.debug({ event: "step.begins", step: step.kind, on: key }, "step begins");
    try {
      await execute(executors, step, ownContainerId(), signal);
      failures.forget(step);
      meter?.stepEnded(step.kind, "done");
      const facts = { step: step.kind, on: key };
      // Looks change nothing and repeat for as long as a machine runs.
      if (step.kind === "machine-look") log.debug({ event: "step.looked", ...facts }, "look done");
      else log.info({ event: "step.done", ...facts }, "step done");
    } catch (err) {
      if (signal.aborted) return;
      meter?.stepEnded(step.kind, "failed");
      const fault =
        err instanceof AppError
          ? err.fault
          : {
              code: "INTERNAL" as const,
              message: "An unexpected error stopped this share.",
              hint: "Retrying automatically.",
            };
      const attempts = failures.add(step, fault);
      const facts = { step: step.kind, on: key, attempts, err };
      if (isLogged(attempts)) log.warn({ event: "step.failed", ...facts }, "step failed");
      else log.debug({ event: "step.failing", ...facts }, "step fails again");
    }
  };
}

/** Logs the first, tenth, hundredth failure in a row and so on; the snapshot shows that it still fails. */
function isLogged(attempts: number): boolean {
  return Number.isInteger(Math.log10(attempts));
}
