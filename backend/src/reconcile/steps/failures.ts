import type { ErrorCode, Fault } from "@tailnet-share/contract/errors";
import { backoffDelay } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { type Step, type StepId, stepKey } from "./step.ts";
import { type StepFaults, stepFaults } from "./step-faults.ts";

/** Steps whose last attempt failed, with the time of the next retry. Delays grow. */
export interface Failures {
  /** Returns how often the step has failed in a row. */
  add(step: Step, fault: Fault): number;
  forget(step: Step): void;
  /** Forgets the failures of all other steps. */
  keepOnly(steps: readonly StepId[]): void;
  has(step: StepId): boolean;
  /** Returns whether it is too early to retry the step. */
  isWaiting(step: Step): boolean;
  /** Makes everything due for a retry at once. */
  hurry(): void;
  /** Retry times of the failures that were still waiting at that moment. All by the monotonic clock. */
  dueAfter(moment: number): number[];
  /** Retry times of failed joins, by the network's ID. By the monotonic clock. */
  joins(): ReadonlyMap<string, number>;
  faults(): StepFaults;
  all(): readonly Failure[];
}

export interface Failure {
  step: Step;
  fault: Fault;
  /** Consecutive attempts. */
  attempts: number;
  /** Milliseconds since the epoch. */
  failedAt: number;
  retryAt: number;
}

/** Don't retry refusals often: a person has to change something, or a rate limit has to pass. */
const PATIENT: Partial<Record<Step["kind"], Parameters<typeof backoffDelay>[1]>> = {
  join: { first: 250, most: 300_000 },
  "machine-start": { first: 250, most: 300_000 },
  "machine-retire": { first: 250, most: 1_800_000 },
  "machine-login": { first: 2_000, most: 300_000 },
  "machine-fetch": { first: 5_000, most: 300_000 },
  certificate: { first: 60_000, most: 3_600_000 },
  "machine-certificate": { first: 60_000, most: 3_600_000 },
};
/** An unreachable server usually recovers, and machines should follow soon. Milliseconds. */
const AWAY = { first: 2_000, most: 30_000 };
const AWAY_CODES: ReadonlySet<ErrorCode> = new Set([
  "CONTROL_UNREACHABLE",
  "CONTROL_NAME_UNKNOWN",
  "NETWORK_CUT_OFF",
  "CREDENTIAL_LIMITED",
  "CREDENTIAL_UNREACHABLE",
]);

/**
 * Don't retry until the network or the engine changes. The loop notices both: a new network is a new step, a new engine a new
 * connection. A retry would move the default route for a moment, so only a user's click retries. Milliseconds.
 */
const STANDING = { first: 315_360_000_000, most: 315_360_000_000 };
const STANDING_CODES: ReadonlySet<ErrorCode> = new Set([
  "EGRESS_MOVED",
  "NETWORK_NOT_JOINABLE",
  "NETWORK_OVERLAPS",
]);
/** Faults that depend on neighbouring containers: retry as soon as the step's surroundings change. */
const LOCAL_CODES: ReadonlySet<ErrorCode> = new Set(["NETWORK_FULL", "TAILSCALED_PRESENT", "NOT_A_MACHINE"]);

export function createFailures(clock: Clock): Failures {
  /** `dueAt`: by the monotonic clock. */
  const failures = new Map<string, Failure & { dueAt: number }>();
  /** Returns whether the cause of a failure may be gone. */
  const hasChanged = (then: Failure, step: Step) =>
    LOCAL_CODES.has(then.fault.code) && surroundingsOf(then.step) !== surroundingsOf(step);
  return {
    add(step, fault) {
      const key = stepKey(step);
      const attempts = (failures.get(key)?.attempts ?? 0) + 1;
      const failedAt = clock.now();
      const delay = retryDelay(step, fault, attempts);
      const dueAt = clock.monotonic() + delay;
      failures.set(key, { step, fault, attempts, failedAt, retryAt: failedAt + delay, dueAt });
      return attempts;
    },
    forget: (step) => void failures.delete(stepKey(step)),
    keepOnly(steps) {
      const kept = new Set(steps.map(stepKey));
      for (const key of failures.keys()) if (!kept.has(key)) failures.delete(key);
    },
    has: (step) => failures.has(stepKey(step)),
    isWaiting(step) {
      const failure = failures.get(stepKey(step));
      return failure !== undefined && failure.dueAt > clock.monotonic() && !hasChanged(failure, step);
    },
    hurry() {
      for (const failure of failures.values())
        Object.assign(failure, { retryAt: 0, dueAt: Number.NEGATIVE_INFINITY });
    },
    dueAfter: (moment) => [...failures.values()].map(({ dueAt }) => dueAt).filter((dueAt) => dueAt > moment),
    joins: () =>
      new Map(
        [...failures.values()].flatMap(({ step, dueAt }) =>
          step.kind === "join" ? [[step.networkId, dueAt] as const] : [],
        ),
      ),
    all: () => [...failures.values()],
    faults: () => stepFaults([...failures.values()]),
  };
}

function retryDelay(step: Step, { code }: Fault, attempts: number): number {
  if (step.kind === "join" && STANDING_CODES.has(code)) return backoffDelay(attempts, STANDING);
  // An unreachable engine isn't the step's fault, and every step is retried when it returns.
  if (code === "ENGINE_UNREACHABLE") return backoffDelay(attempts);
  return backoffDelay(attempts, AWAY_CODES.has(code) ? AWAY : PATIENT[step.kind]);
}

function surroundingsOf(step: Step): string {
  switch (step.kind) {
    case "join":
      return JSON.stringify(step.neighbours);
    case "machine-start":
      return `${step.wish.targetId} ${step.wish.targetStartedAt}`;
    default:
      return "";
  }
}
