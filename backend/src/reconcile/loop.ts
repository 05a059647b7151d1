import type { Logger } from "pino";
import type { DataPlane } from "../dataplane/data-plane.ts";
import type { Egress } from "../engine/egress.ts";
import type { EngineEvent } from "../engine/parse.ts";
import { createEnds } from "../events/ends.ts";
import type { Clock } from "../lib/clock.ts";
import { within } from "../lib/timing.ts";
import type { Meter } from "../operations/meter.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { createBelief } from "./belief.ts";
import { breakOffObsolete, createLanes } from "./lanes.ts";
import { createDepartures } from "./leave/departures.ts";
import { createLeft } from "./leave/left.ts";
import { createEngineLook, type EngineLookDependencies } from "./look/engine.ts";
import type { Observation } from "./look/observation.ts";
import { type ObserveDependencies, type Observed, observe } from "./look/observe.ts";
import { createRulesLook } from "./look/rules.ts";
import { createNews } from "./news.ts";
import { type Cause, createPace } from "./pace.ts";
import { plan, undecided } from "./plan/plan.ts";
import { resolveShares } from "./plan/resolve.ts";
import { createSilence } from "./plan/silence.ts";
import { createAttempt } from "./steps/attempt.ts";
import { createExecutors, type ExecuteDependencies } from "./steps/execute.ts";
import { createFailures, type Failure } from "./steps/failures.ts";
import { JOINS_LANE, type Step, stepLane } from "./steps/step.ts";
import type { StepFaults } from "./steps/step-faults.ts";

/**
 * Makes the observed state match the desired one: observe, plan, execute, and repeat until nothing is left to do. Runs one pass at a time.
 * Any number of triggers during a pass cause one more pass.
 */
export interface Loop {
  /** Requests a pass. `user` also retries all failures at once. */
  trigger(cause: Cause): void;
  /** Takes an event of the engine; null for a gap in its event stream. */
  report(event: EngineEvent | null): void;
  /** Resolves when everything triggered so far has been handled, or after `ms`. */
  settled(ms: number): Promise<void>;
  observed(): Observed;
  failures(): StepFaults;
  /** The steps that the loop would run now. */
  planned(): readonly Step[];
  /** The steps whose last attempt failed. */
  failed(): readonly Failure[];
  /** When the last pass ended, by the monotonic clock; null before the first. */
  lastPassEndedAt(): number | null;
  /** Runs until the signal aborts, then resolves when the last step has ended. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LoopDependencies
  extends Omit<ObserveDependencies, "lookAtEngine" | "rules" | "egress">,
    EngineLookDependencies,
    Omit<ExecuteDependencies, "engine" | "dataPlane" | "egress"> {
  /** Where the loop keeps what it observed. */
  observation: Observation;
  dataPlane: DataPlane;
  egress: Egress;
  shares: () => readonly StoredShare[];
  /** Whether a panel is open. */
  watched: () => boolean;
  /** Forwards whose probes get no answer, by `forwardKey`. */
  silent: () => ReadonlySet<string>;
  /** Called whenever something was observed or failed. */
  onChange: () => void;
  clock: Clock;
  log: Logger;
  /** Counts passes and steps. */
  meter?: Pick<Meter, "passEnded" | "stepEnded">;
}

/** Interval for byte counts and changes without an event: the longest time that a panel may show stale data. Milliseconds. */
const RESYNC_MS = 10_000;
/** Interval while no panel is open. A silent event stream is reopened every minute, which is a look as well. Milliseconds. */
const UNWATCHED_RESYNC_MS = 65_000;
/** Interval while the engine or the rules can't be read. Milliseconds. */
const UNSEEN_MS = 1_000;
/** How long a round waits for all joins and leaves together. Milliseconds. */
const NETWORK_MS = 3_000;
/** How long a pass waits for a look at networks to leave. Milliseconds. */
const DEPARTURE_MS = 500;
/** join → forward → leave takes three; more rounds mean that a step has no effect. */
const MAX_ROUNDS = 6;

export function createLoop(dependencies: LoopDependencies): Loop {
  const { shares, watched, onChange, clock, log, meter } = dependencies;
  const { observed, replace } = dependencies.observation;
  const rules = createRulesLook(dependencies.dataPlane, watched, clock);
  const { dataPlane } = rules;
  const failures = createFailures(clock);
  const attempt = createAttempt({
    executors: createExecutors({ ...dependencies, dataPlane }),
    ownContainerId: () => observed().self?.id ?? "",
    ...{ failures, log, meter },
  });
  const silence = createSilence();
  /** The forwards at the last `onChange`, which are therefore being probed. */
  let tried: Observed["forwards"] = [];
  /** When due steps were last selected. */
  let decidedAt = 0;
  let passEndedAt: number | null = null;
  let lookMs = 0;
  let running: AbortSignal | null = null;
  const pace = createPace(clock, watched);
  const lanes = createLanes(() => trigger("urgent"));
  const left = createLeft();
  const lookAtEngine = createEngineLook(dependencies, () => trigger("urgent"), left.moment);
  const ends = createEnds(clock);
  const belief = createBelief(ends, left, lanes);
  const resolved = () => resolveShares(shares(), observed());
  const departures = createDepartures({
    dataPlane,
    ends,
    resolved,
    observed: () => belief.proven(observed()),
    leave: beginLane,
    onDeparture: () => {
      replace({ ...observed(), yielded: ends.yielded() });
      showSoon();
      trigger("urgent");
    },
    clock,
  });
  const news = createNews({ ends, shares, resolved, observed, watched });

  async function pass(signal: AbortSignal): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round += 1) {
      const wasConnected = observed().engine.state === "connected";
      const began = clock.monotonic();
      const decided = ends.revision();
      const seen = await observe({ ...dependencies, lookAtEngine, rules }, observed(), signal);
      lookMs = clock.monotonic() - began;
      // It may be a different engine now, so earlier failures may not apply.
      if (!wasConnected && seen.engine.state === "connected") failures.hurry();
      replace(
        withSilence({
          ...belief.ended(belief.proven(seen), seen.fresh),
          failedJoins: failures.joins(),
        }),
      );
      if (ends.revision() !== decided) {
        // The observation may still show forwards that have been withdrawn since.
        const looked = departures.looked();
        if (looked !== null) await within(looked, DEPARTURE_MS, { clock, signal, otherwise: undefined });
        continue;
      }
      const steps = planned();
      forgetObsoleteFailures(steps);
      breakOffObsolete(lanes, steps, observed().machines.present);
      onChange();
      tried = observed().forwards;
      decidedAt = clock.monotonic();
      const due = dueOf(steps);
      if (due.length === 0) return;
      for (const step of due) {
        // A container's end reported since then changes the plan.
        if (ends.revision() !== decided) break;
        // Since then, the lane may have been taken or replacing the rules may have failed.
        if (!isDue(step) || isHeldUp(step)) continue;
        if (stepLane(step) === null) await attempt(step, signal);
        else void beginLane(step, signal);
        if (stepLane(step) === JOINS_LANE) await lanesInTime(signal);
      }
      await lanesInTime(signal);
      // Without reading the rules, the effect of the steps can't be verified.
      if (observed().forwardsError !== null) return;
    }
    if (signal.aborted) return;
    log.warn({ event: "loop.restless", rounds: MAX_ROUNDS }, "reconciling did not converge");
  }

  /** Resolves when the step has ended; at once if it is not due. */
  async function beginLane(step: Step, signal: AbortSignal): Promise<void> {
    const lane = stepLane(step);
    if (lane === null || !isDue(step)) return;
    const work = async (until: AbortSignal) => {
      await attempt(step, until);
      if (step.kind === "leave") left.note(step.networkId);
    };
    await lanes.begin(lane, step, work, signal);
  }

  function planned(): Step[] {
    return plan(resolved(), observed(), dataPlane.mode);
  }

  function dueOf(steps: readonly Step[]): Step[] {
    const due = steps.filter(isDue);
    return due.some(({ kind }) => kind === "forward") ? due : due.filter((step) => !isHeldUp(step));
  }

  /** Leave a network only after the rules for it are gone. */
  function isHeldUp({ kind }: Step): boolean {
    return (kind === "leave" || kind === "end-flows") && failures.has({ kind: "forward" });
  }

  function isDue(step: Step): boolean {
    const lane = stepLane(step);
    return (lane === null || lanes.isFree(lane, step)) && !failures.isWaiting(step);
  }

  /** Waits for joins and leaves, which usually take an instant and decide the next round. Gives up on a slow engine. */
  async function lanesInTime(signal: AbortSignal): Promise<void> {
    const ended = lanes.networksEnded();
    const ms = decidedAt + NETWORK_MS - clock.monotonic();
    if (ended !== null) await within(ended, ms, { clock, signal, otherwise: undefined });
  }

  function forgetObsoleteFailures(steps: readonly Step[]): void {
    if (!observed().fresh) return;
    const known = [...steps, ...lanes.steps()];
    failures.keepOnly([...known, ...undecided(known, resolved(), observed())]);
  }

  function withSilence(seen: Observed): Observed {
    const tries = { silent: dependencies.silent(), tried };
    return { ...seen, silentPlaces: silence.look(resolveShares(shares(), seen), seen, tries) };
  }

  /** Milliseconds until the next look if nothing triggers one earlier. */
  function untilNextPass(): number {
    const now = clock.monotonic();
    const retirements = observed().machines.retiring.map(({ dueAt }) => dueAt - now);
    const overIn = shares().map(({ until }) => (until ?? 0) - clock.now());
    const timed = [...retirements, ...overIn].filter((ms) => ms > 0);
    // A step that was due but not attempted waits for its lane, which triggers a pass when it is free, or for the engine.
    const retries = failures.dueAfter(decidedAt).map((at) => Math.max(0, at - now));
    const unseen = !observed().fresh || observed().forwardsError !== null;
    const usual = watched() ? RESYNC_MS : UNWATCHED_RESYNC_MS;
    return Math.min(unseen ? UNSEEN_MS : usual, ends.dueIn() ?? usual, ...retries, ...timed);
  }

  /** Defers `onChange`: pending requests are sent at the end of this turn, and building a snapshot takes milliseconds. */
  function showSoon(): void {
    setImmediate(onChange);
  }

  function trigger(cause: Cause): void {
    if (cause === "user") failures.hurry();
    pace.ask(cause);
  }

  return {
    trigger,

    report(event) {
      const { cause, ended, departs } = news(event);
      if (ended) replace(belief.ended(observed(), false));
      // Do this first: each millisecond counts.
      if (departs && running !== null) departures.begin(running, ended ? "ended" : "stopping");
      if (cause !== null) trigger(cause);
      if (ended) showSoon();
    },

    settled: pace.settled,
    observed,
    lastPassEndedAt: () => passEndedAt,
    planned,
    failed: failures.all,
    failures: failures.faults,

    async run(signal) {
      running = signal;
      while (!signal.aborted) {
        // A pass starts programs and asks the engine, which would delay the leaves.
        await within(departures.still(signal), DEPARTURE_MS, { clock, signal, otherwise: undefined });
        pace.begin();
        const startedAt = clock.monotonic();
        await pass(signal);
        passEndedAt = clock.monotonic();
        meter?.passEnded((passEndedAt - startedAt) / 1_000);
        pace.end();
        await pace.next({ lookMs, dueMs: untilNextPass() }, signal);
      }
      await lanes.allEnded();
    },
  };
}
