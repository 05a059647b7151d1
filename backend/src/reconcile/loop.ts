import { AppError, type ErrorCode, type Fault } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import type { DataPlane } from "../dataplane/data-plane.ts";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { RETIRE_AFTER_MS } from "../machines/plan.ts";
import type { Meter } from "../operations/meter.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { createEngineLook, type EngineLookDependencies } from "./engine-look.ts";
import { createExecutors, type ExecuteDependencies, execute } from "./execute.ts";
import { nothingObserved, type ObserveDependencies, type Observed, observe } from "./observe.ts";
import { NETWORKS_LANE, plan, type Step, stepKey, stepLane } from "./plan.ts";
import { resolveShares } from "./resolve.ts";

/**
 * Brings what is in place to what is wanted: observe, plan, execute, and again until there is nothing left to do.
 * One pass at a time. A trigger during a pass makes one more pass, however many triggers there were.
 */
export interface Loop {
  /**
   * `user`: at once, and what failed is tried again at once. `urgent`: at once. `hint`: something changed; hints in a burst
   * share a pass.
   */
  trigger(cause: "user" | "urgent" | "hint"): void;
  /** Resolves when everything triggered until now has been dealt with, or after `ms`. */
  settled(ms: number): Promise<void>;
  observed(): Observed;
  failures(): ReadonlyMap<string, Fault>;
  /** When the last pass came to its end, in milliseconds since the epoch; null before the first. */
  lastPassEndedAt(): number | null;
  /** Runs until the signal; then resolves when the last step has ended. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LoopDependencies
  extends Omit<ObserveDependencies, "lookAtEngine">,
    EngineLookDependencies,
    Omit<ExecuteDependencies, "engine" | "dataPlane"> {
  dataPlane: DataPlane;
  shares: () => readonly StoredShare[];
  /** Called whenever something was observed or failed. */
  onChange: () => void;
  clock: Clock;
  log: Logger;
  /** Counts passes and steps. */
  meter?: Pick<Meter, "passEnded" | "stepEnded">;
}

interface Failure {
  fault: Fault;
  attempts: number;
  /** Milliseconds since the epoch. */
  retryAt: number;
}

/** Byte counts and whatever no event told: how long a panel may show something old. */
const RESYNC_MS = 10_000;
const ENGINE_AWAY_MS = 1_000;
/** Container churn makes hundreds of events a second; a pass a while is enough. */
const BETWEEN_HINTS_MS = 50;
/** What others refuse is no use to repeat often: a person has to change something, or their limit has to pass. */
const PATIENT: Partial<Record<Step["kind"], Parameters<typeof backoffDelay>[1]>> = {
  "machine-login": { first: 2_000, most: 300_000 },
  "machine-fetch": { first: 5_000, most: 300_000 },
  "machine-certificate": { first: 60_000, most: 3_600_000 },
};
/** A server that is away comes back by itself, and so should the machines. Milliseconds. */
const AWAY = { first: 2_000, most: 30_000 };
const AWAY_CODES: ReadonlySet<ErrorCode> = new Set([
  "CONTROL_UNREACHABLE",
  "CREDENTIAL_LIMITED",
  "CREDENTIAL_UNREACHABLE",
]);
/** Machines that are worked on at once: more only make each other slow. */
const MOST_LANES = 8;
/** How long a pass waits for a network to be joined or left. Milliseconds. */
const NETWORK_MS = 3_000;
/** Steps that leave nothing half done only when they are carried out to the end. */
const CHANGES_CONTAINER: ReadonlySet<Step["kind"]> = new Set([
  "machine-start",
  "machine-stop",
  "machine-retire",
]);
/** join → forward → leave is three; more means that a step has no effect. */
const MAX_ROUNDS = 6;

export function createLoop(dependencies: LoopDependencies): Loop {
  const { dataPlane, shares, onChange, clock, log, meter } = dependencies;
  const executors = createExecutors(dependencies);
  let observed: Observed = nothingObserved;
  const failures = new Map<string, Failure>();
  let requested = 0;
  let completed = 0;
  let passEndedAt: number | null = null;
  let wake: () => void = () => undefined;
  let urgent = false;
  /** Work on machines, which takes seconds and must not hold the others up, and on networks. */
  const lanes = new Map<string, { step: Step; ended: Promise<void>; breakOff: () => void }>();
  const waiters = new Set<{ target: number; done: () => void }>();
  const lookAtEngine = createEngineLook(dependencies, () => trigger("urgent"));

  async function pass(signal: AbortSignal): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round += 1) {
      observed = withoutUnproven(await observe({ ...dependencies, lookAtEngine }, observed, signal));
      const steps = plan(resolveShares(shares(), observed), observed, dataPlane.mode);
      forgetObsoleteFailures(steps);
      breakOffObsolete(steps);
      onChange();
      const due = steps.filter((step) => isDue(step));
      if (due.length === 0) return;
      for (const step of due) {
        const lane = stepLane(step);
        // A network is left only when the rules for it are gone.
        if ((step.kind === "leave" || step.kind === "end-flows") && failures.has("forward")) continue;
        if (lane === null) await attempt(step, signal);
        else inLane(lane, step, signal);
        if (lane === NETWORKS_LANE) await inTime(lanes.get(lane)?.ended, signal);
      }
    }
    if (signal.aborted) return;
    log.warn({ event: "loop.restless", rounds: MAX_ROUNDS }, "reconciling did not come to rest");
  }

  /** A network that is being joined is none yet: a join that moves the backend's way out is taken back. */
  function withoutUnproven(seen: Observed): Observed {
    const joining = lanes.get(NETWORKS_LANE)?.step;
    if (joining?.kind !== "join" || seen.self === null) return seen;
    const joined = seen.self.joined.filter(({ networkId }) => networkId !== joining.networkId);
    return { ...seen, self: { ...seen.self, joined } };
  }

  function isDue(step: Step): boolean {
    const lane = stepLane(step);
    if (lane !== null && !isFree(lane, step)) return false;
    return (failures.get(stepKey(step))?.retryAt ?? 0) <= clock.now();
  }

  /** Certificates one at a time: each takes up to a minute, and authorities limit how fast one account may ask. */
  function isFree(lane: string, { kind }: Step): boolean {
    if (lanes.has(lane)) return false;
    if (lane === NETWORKS_LANE) return true;
    if (lanes.size >= MOST_LANES) return false;
    return kind !== "machine-certificate" || [...lanes.values()].every(({ step }) => step.kind !== kind);
  }

  /** Carries a step out in the background; what comes next is planned when it has ended. */
  function inLane(lane: string, step: Step, signal: AbortSignal): void {
    if (!isFree(lane, step)) return;
    const obsolete = new AbortController();
    const ended = attempt(step, AbortSignal.any([signal, obsolete.signal])).finally(() => {
      lanes.delete(lane);
      trigger("urgent");
    });
    lanes.set(lane, { step, ended, breakOff: () => obsolete.abort() });
  }

  /** Networks are joined in an instant, and the next round builds on it. Only an engine that is slow is not waited for. */
  async function inTime(ended: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const late = clock.sleep(NETWORK_MS, AbortSignal.any([signal, over.signal])).catch(() => undefined);
    await Promise.race([ended, late]);
    over.abort();
  }

  /** Work on a machine that is to go is not waited for: a log-in or a certificate may take long, and it is reachable until it goes. */
  function breakOffObsolete(steps: readonly Step[]): void {
    const there = new Set(observed.machines.present.map(({ containerId }) => containerId));
    for (const step of steps) {
      if (step.kind !== "machine-stop" || !there.has(step.containerId)) continue;
      const lane = lanes.get(step.key);
      if (lane !== undefined && !CHANGES_CONTAINER.has(lane.step.kind)) lane.breakOff();
    }
  }

  async function attempt(step: Step, signal: AbortSignal): Promise<void> {
    const key = stepKey(step);
    log.debug({ event: "step.begins", step: step.kind, on: key }, "step begins");
    try {
      await execute(executors, step, observed.self?.id ?? "", signal);
      failures.delete(key);
      meter?.stepEnded(step.kind, "done");
      log.info({ event: "step.done", step: step.kind, on: key }, "step done");
    } catch (err) {
      if (signal.aborted) return;
      meter?.stepEnded(step.kind, "failed");
      const attempts = (failures.get(key)?.attempts ?? 0) + 1;
      const fault =
        err instanceof AppError
          ? err.fault
          : {
              code: "INTERNAL" as const,
              message: "An unexpected error stopped this share.",
              hint: "It is tried again by itself.",
            };
      failures.set(key, { fault, attempts, retryAt: clock.now() + retryDelay(step, fault, attempts) });
      log.warn({ event: "step.failed", step: step.kind, on: key, attempts, err }, "step failed");
    }
  }

  function forgetObsoleteFailures(steps: readonly Step[]): void {
    if (!observed.fresh) return;
    // What is under way need not be planned again: it has not succeeded yet.
    const current = new Set([...steps.map(stepKey), ...[...lanes.values()].map(({ step }) => stepKey(step))]);
    for (const key of failures.keys()) if (!current.has(key)) failures.delete(key);
  }

  /** Milliseconds until something has to be looked at again although nothing triggers it. */
  function untilNextPass(): number {
    const due = [
      ...observed.machines.retiring.map(({ since }) => since + RETIRE_AFTER_MS),
      ...shares().flatMap(({ until }) => until ?? []),
    ];
    const timed = due.map((at) => at - observed.now).filter((ms) => ms > 0);
    const retries = [...failures.values()].map(({ retryAt }) => Math.max(0, retryAt - clock.now()));
    return Math.min(observed.fresh ? RESYNC_MS : ENGINE_AWAY_MS, ...retries, ...timed);
  }

  function finish(number: number): void {
    completed = number;
    for (const waiter of waiters) {
      if (waiter.target > completed) continue;
      waiters.delete(waiter);
      waiter.done();
    }
  }

  function trigger(cause: "user" | "urgent" | "hint"): void {
    requested += 1;
    if (cause !== "hint") urgent = true;
    if (cause === "user") {
      for (const failure of failures.values()) failure.retryAt = 0;
    }
    wake();
  }

  return {
    trigger,

    async settled(ms) {
      const target = requested;
      if (completed >= target) return;
      const timeout = new AbortController();
      await Promise.race([
        new Promise<void>((done) => waiters.add({ target, done })),
        clock.sleep(ms, timeout.signal).catch(() => undefined),
      ]);
      timeout.abort();
    },

    observed: () => observed,
    lastPassEndedAt: () => passEndedAt,
    failures: () => new Map([...failures].map(([key, { fault }]) => [key, fault])),

    async run(signal) {
      while (!signal.aborted) {
        const number = requested;
        urgent = false;
        const startedAt = clock.now();
        await pass(signal);
        passEndedAt = clock.now();
        meter?.passEnded((passEndedAt - startedAt) / 1_000);
        finish(number);
        const ready = () => urgent || signal.aborted;
        await sleepUnless(BETWEEN_HINTS_MS, ready, signal);
        await sleepUnless(untilNextPass(), () => requested > number || ready(), signal);
      }
      await Promise.all([...lanes.values()].map(async ({ ended }) => await ended));
    },
  };

  /** Sleeps, but no longer than until `ready` says so after a trigger. */
  async function sleepUnless(ms: number, ready: () => boolean, signal: AbortSignal): Promise<void> {
    if (ready() || ms <= 0) return;
    const early = new AbortController();
    wake = () => {
      if (ready()) early.abort();
    };
    await clock.sleep(ms, AbortSignal.any([signal, early.signal])).catch(() => undefined);
    wake = () => undefined;
  }
}

function retryDelay(step: Step, { code }: Fault, attempts: number): number {
  return backoffDelay(attempts, AWAY_CODES.has(code) ? AWAY : PATIENT[step.kind]);
}
