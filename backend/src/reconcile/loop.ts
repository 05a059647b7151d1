import { AppError, type Fault } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import type { DataPlane } from "../dataplane/data-plane.ts";
import type { Egress } from "../docker/egress.ts";
import type { Clock } from "../lib/clock.ts";
import { RETIRE_AFTER_MS } from "../machines/plan.ts";
import type { Meter } from "../operations/meter.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { createEngineLook, type EngineLookDependencies } from "./engine-look.ts";
import { createExecutors, type ExecuteDependencies, execute } from "./execute.ts";
import { createFailures, type Failure } from "./failures.ts";
import { createLanes } from "./lanes.ts";
import { nothingObserved, type ObserveDependencies, type Observed, observe } from "./observe.ts";
import { NETWORKS_LANE, plan, type Step, stepKey, stepLane } from "./plan.ts";
import { joinable, resolveShares } from "./resolve.ts";

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
  /** What would be done now. */
  planned(): readonly Step[];
  /** The steps that failed the last time they were tried. */
  failed(): readonly Failure[];
  /** When the last pass came to its end, in milliseconds since the epoch; null before the first. */
  lastPassEndedAt(): number | null;
  /** Runs until the signal; then resolves when the last step has ended. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LoopDependencies
  extends Omit<ObserveDependencies, "lookAtEngine" | "egress">,
    EngineLookDependencies,
    Omit<ExecuteDependencies, "engine" | "dataPlane" | "egress"> {
  dataPlane: DataPlane;
  egress: Egress;
  shares: () => readonly StoredShare[];
  /** Called whenever something was observed or failed. */
  onChange: () => void;
  clock: Clock;
  log: Logger;
  /** Counts passes and steps. */
  meter?: Pick<Meter, "passEnded" | "stepEnded">;
}

/** Byte counts and whatever no event told: how long a panel may show something old. */
const RESYNC_MS = 10_000;
/** While the engine, or the rules, cannot be seen. */
const UNSEEN_MS = 1_000;
/** Container churn makes hundreds of events a second; a pass a while is enough. */
const BETWEEN_HINTS_MS = 50;
/** How long a round waits for networks to be joined or left, all of them together. Milliseconds. */
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
  const failures = createFailures(clock);
  /** When it was last decided what is due. */
  let decidedAt = 0;
  let requested = 0;
  let completed = 0;
  let passEndedAt: number | null = null;
  let wake: () => void = () => undefined;
  let urgent = false;
  const lanes = createLanes(() => trigger("urgent"));
  const waiters = new Set<{ target: number; done: () => void }>();
  const lookAtEngine = createEngineLook(dependencies, () => trigger("urgent"));

  async function pass(signal: AbortSignal): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round += 1) {
      const seen = await observe({ ...dependencies, lookAtEngine }, observed, signal);
      observed = { ...withoutUnproven(seen), failedJoins: failedJoins() };
      const steps = planned();
      forgetObsoleteFailures(steps);
      breakOffObsolete(steps);
      onChange();
      decidedAt = clock.now();
      const due = dueOf(steps);
      if (due.length === 0) return;
      for (const step of due) {
        const lane = stepLane(step);
        // The lane may have been taken, or the rules not been replaced, since.
        if (!isDue(step) || isHeldUp(step)) continue;
        if (lane === null) await attempt(step, signal);
        else lanes.begin(lane, step, async (until) => await attempt(step, until), signal);
        if (lane === NETWORKS_LANE) await inTime(lanes.ended(lane), decidedAt + NETWORK_MS, signal);
      }
      // What cannot be read does not show what was done.
      if (observed.forwardsError !== null) return;
    }
    if (signal.aborted) return;
    log.warn({ event: "loop.restless", rounds: MAX_ROUNDS }, "reconciling did not come to rest");
  }

  function planned(): Step[] {
    return plan(resolveShares(shares(), observed), observed, dataPlane.mode);
  }

  /** A network that is being joined is none yet: a join that moves the backend's way out is taken back. One that is being left is none any more. */
  function withoutUnproven(seen: Observed): Observed {
    const changing = lanes.step(NETWORKS_LANE);
    if (changing === undefined || !("networkId" in changing) || seen.self === null) return seen;
    const joined = seen.self.joined.filter(({ networkId }) => networkId !== changing.networkId);
    return { ...seen, self: { ...seen.self, joined } };
  }

  function dueOf(steps: readonly Step[]): Step[] {
    const due = steps.filter(isDue);
    return due.some(({ kind }) => kind === "forward") ? due : due.filter((step) => !isHeldUp(step));
  }

  /** A network is left only when the rules for it are gone. */
  function isHeldUp({ kind }: Step): boolean {
    return (kind === "leave" || kind === "end-flows") && failures.has("forward");
  }

  function isDue(step: Step): boolean {
    const lane = stepLane(step);
    return (lane === null || lanes.isFree(lane, step)) && !failures.isWaiting(step);
  }

  /** Networks are joined in an instant, and the next round builds on it. Only an engine that is slow is not waited for. */
  async function inTime(ended: Promise<void>, until: number, signal: AbortSignal): Promise<void> {
    const left = until - clock.now();
    if (left <= 0) return;
    const over = new AbortController();
    const late = clock.sleep(left, AbortSignal.any([signal, over.signal])).catch(() => undefined);
    await Promise.race([ended, late]);
    over.abort();
  }

  /** Work on a machine that is to go is not waited for: a log-in or a certificate may take long, and it is reachable until it goes. */
  function breakOffObsolete(steps: readonly Step[]): void {
    const there = new Set(observed.machines.present.map(({ containerId }) => containerId));
    for (const step of steps) {
      if (step.kind !== "machine-stop" || !there.has(step.containerId)) continue;
      const underWay = lanes.step(step.key);
      if (underWay !== undefined && !CHANGES_CONTAINER.has(underWay.kind)) lanes.breakOff(step.key);
    }
  }

  async function attempt(step: Step, signal: AbortSignal): Promise<void> {
    const key = stepKey(step);
    log.debug({ event: "step.begins", step: step.kind, on: key }, "step begins");
    try {
      await execute(executors, step, observed.self?.id ?? "", signal);
      failures.forget(step);
      meter?.stepEnded(step.kind, "done");
      log.info({ event: "step.done", step: step.kind, on: key }, "step done");
    } catch (err) {
      if (signal.aborted) return;
      meter?.stepEnded(step.kind, "failed");
      const fault =
        err instanceof AppError
          ? err.fault
          : {
              code: "INTERNAL" as const,
              message: "An unexpected error stopped this share.",
              hint: "It is tried again by itself.",
            };
      const attempts = failures.add(step, fault);
      log.warn({ event: "step.failed", step: step.kind, on: key, attempts, err }, "step failed");
    }
  }

  function forgetObsoleteFailures(steps: readonly Step[]): void {
    if (!observed.fresh) return;
    // What is under way need not be planned again: it has not succeeded yet.
    const joins = joinable(resolveShares(shares(), observed), observed).map((id) => `join ${id}`);
    failures.keepOnly(new Set([...[...steps, ...lanes.steps()].map(stepKey), ...joins]));
  }

  function failedJoins(): ReadonlyMap<string, number> {
    return new Map(
      failures
        .all()
        .flatMap(({ step, retryAt }) => (step.kind === "join" ? [[step.networkId, retryAt] as const] : [])),
    );
  }

  /** Milliseconds until something has to be looked at again although nothing triggers it. */
  function untilNextPass(): number {
    const due = [
      ...observed.machines.retiring.map(({ since }) => since + RETIRE_AFTER_MS),
      ...shares().flatMap(({ until }) => until ?? []),
    ];
    const timed = due.map((at) => at - observed.now).filter((ms) => ms > 0);
    // What was due by then and was not tried waits for its lane, which tells when it is free, or for the engine.
    const retries = failures.dueAfter(decidedAt).map((at) => Math.max(0, at - clock.now()));
    const unseen = !observed.fresh || observed.forwardsError !== null;
    return Math.min(unseen ? UNSEEN_MS : RESYNC_MS, ...retries, ...timed);
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
    if (cause === "user") failures.hurry();
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
    planned,
    failed: failures.all,
    failures: failures.faults,

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
      await lanes.allEnded();
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
