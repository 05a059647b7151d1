import type { Fault } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import type { DataPlane } from "../dataplane/data-plane.ts";
import type { Egress } from "../engine/egress.ts";
import type { EngineEvent } from "../engine/parse.ts";
import { createEnds } from "../events/ends.ts";
import type { Clock } from "../lib/clock.ts";
import { inTime } from "../lib/in-time.ts";
import type { Meter } from "../operations/meter.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { createAttempt } from "./attempt.ts";
import { createBelief } from "./belief.ts";
import { createDepartures } from "./departures.ts";
import { createEngineLook, type EngineLookDependencies } from "./engine-look.ts";
import { createExecutors, type ExecuteDependencies } from "./execute.ts";
import { createFailures, type Failure } from "./failures.ts";
import { breakOffObsolete, createLanes } from "./lanes.ts";
import { createLeft } from "./left.ts";
import { createNews } from "./news.ts";
import { nothingObserved, type ObserveDependencies, type Observed, observe } from "./observe.ts";
import { type Cause, createPace } from "./pace.ts";
import { JOINS_LANE, plan, type Step, stepLane } from "./plan.ts";
import { joinable, resolveShares } from "./resolve.ts";
import { createRulesLook } from "./rules-look.ts";
import { createSilence } from "./silence.ts";

/**
 * Brings what is in place to what is wanted: observe, plan, execute, and again until there is nothing left to do.
 * One pass at a time. A trigger during a pass makes one more pass, however many triggers there were.
 */
export interface Loop {
  /** Asks for a pass. `user` also tries again at once what failed. */
  trigger(cause: Cause): void;
  /** The engine has reported an event; null for a gap in its reports. */
  report(event: EngineEvent | null): void;
  /** Resolves when everything triggered until now has been dealt with, or after `ms`. */
  settled(ms: number): Promise<void>;
  observed(): Observed;
  failures(): ReadonlyMap<string, Fault>;
  /** What would be done now. */
  planned(): readonly Step[];
  /** The steps that failed the last time they were tried. */
  failed(): readonly Failure[];
  /** When the last pass came to its end, by the monotonic clock; null before the first. */
  lastPassEndedAt(): number | null;
  /** Runs until the signal; then resolves when the last step has ended. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LoopDependencies
  extends Omit<ObserveDependencies, "lookAtEngine" | "rules" | "egress">,
    EngineLookDependencies,
    Omit<ExecuteDependencies, "engine" | "dataPlane" | "egress"> {
  dataPlane: DataPlane;
  egress: Egress;
  shares: () => readonly StoredShare[];
  /** Whether somebody looks at what is shown. */
  watched: () => boolean;
  /** Forwards whose tries get no answer, by `forwardKey`. */
  silent: () => ReadonlySet<string>;
  /** Called whenever something was observed or failed. */
  onChange: () => void;
  clock: Clock;
  log: Logger;
  /** Counts passes and steps. */
  meter?: Pick<Meter, "passEnded" | "stepEnded">;
}

/** Byte counts and whatever no event told: how long a panel may show something old. Milliseconds. */
const RESYNC_MS = 10_000;
/** The same while nobody looks. A silent event stream is opened again every minute, which is a look as well. Milliseconds. */
const UNWATCHED_RESYNC_MS = 65_000;
/** While the engine, or the rules, cannot be seen. */
const UNSEEN_MS = 1_000;
/** How long a round waits for networks to be joined or left, all of them together. Milliseconds. */
const NETWORK_MS = 3_000;
/** How long a pass waits for a look at what is to be left. Milliseconds. */
const DEPARTURE_MS = 500;
/** join → forward → leave is three; more means that a step has no effect. */
const MAX_ROUNDS = 6;

export function createLoop(dependencies: LoopDependencies): Loop {
  const { shares, watched, onChange, clock, log, meter } = dependencies;
  const rules = createRulesLook(dependencies.dataPlane, watched, clock);
  const { dataPlane } = rules;
  let observed: Observed = nothingObserved;
  const failures = createFailures(clock);
  const attempt = createAttempt({
    executors: createExecutors({ ...dependencies, dataPlane }),
    ownContainerId: () => observed.self?.id ?? "",
    ...{ failures, log, meter },
  });
  const silence = createSilence();
  /** What `onChange` has shown last, so that it is being tried. */
  let tried: Observed["forwards"] = [];
  /** When it was last decided what is due. */
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
  const resolved = () => resolveShares(shares(), observed);
  const departures = createDepartures({
    dataPlane,
    ends,
    resolved,
    observed: () => belief.proven(observed),
    leave: beginLane,
    onDeparture: () => {
      observed = { ...observed, yielded: ends.yielded() };
      showSoon();
      trigger("urgent");
    },
    clock,
  });
  const news = createNews({ ends, shares, resolved, observed: () => observed, watched });

  async function pass(signal: AbortSignal): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round += 1) {
      const wasConnected = observed.engine.state === "connected";
      const began = clock.monotonic();
      const decided = ends.revision();
      const seen = await observe({ ...dependencies, lookAtEngine, rules }, observed, signal);
      lookMs = clock.monotonic() - began;
      // It may be another engine now, for which another answer holds.
      if (!wasConnected && seen.engine.state === "connected") failures.hurry();
      observed = withSilence({
        ...belief.ended(belief.proven(seen), seen.fresh),
        failedJoins: failures.joins(),
      });
      if (ends.revision() !== decided) {
        // What was withdrawn since may still be there in what was seen.
        await inTime(departures.looked(), DEPARTURE_MS, clock, signal);
        continue;
      }
      const steps = planned();
      forgetObsoleteFailures(steps);
      breakOffObsolete(lanes, steps, observed.machines.present);
      onChange();
      tried = observed.forwards;
      decidedAt = clock.monotonic();
      const due = dueOf(steps);
      if (due.length === 0) return;
      for (const step of due) {
        // An end that was reported since changes what is to be done.
        if (ends.revision() !== decided) break;
        // The lane may have been taken, or the rules not been replaced, since.
        if (!isDue(step) || isHeldUp(step)) continue;
        if (stepLane(step) === null) await attempt(step, signal);
        else void beginLane(step, signal);
        if (stepLane(step) === JOINS_LANE) await lanesInTime(signal);
      }
      await lanesInTime(signal);
      // What cannot be read does not show what was done.
      if (observed.forwardsError !== null) return;
    }
    if (signal.aborted) return;
    log.warn({ event: "loop.restless", rounds: MAX_ROUNDS }, "reconciling did not converge");
  }

  /** Resolves when the step has ended; at once when it is not due. */
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
    return plan(resolved(), observed, dataPlane.mode);
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

  /** Networks are joined and left in an instant, and the next round builds on it. Only an engine that is slow is not waited for. */
  async function lanesInTime(signal: AbortSignal): Promise<void> {
    await inTime(lanes.networksEnded(), decidedAt + NETWORK_MS - clock.monotonic(), clock, signal);
  }

  function forgetObsoleteFailures(steps: readonly Step[]): void {
    if (!observed.fresh) return;
    // What is under way need not be planned again: it has not succeeded yet.
    const joins = joinable(resolved(), observed).map((id) => `join ${id}`);
    failures.keepOnly([...steps, ...lanes.steps()], joins);
  }

  function withSilence(seen: Observed): Observed {
    const tries = { silent: dependencies.silent(), tried };
    return { ...seen, silentPlaces: silence.look(resolveShares(shares(), seen), seen, tries) };
  }

  /** Milliseconds until something has to be looked at again although nothing triggers it. */
  function untilNextPass(): number {
    const now = clock.monotonic();
    const retirements = observed.machines.retiring.map(({ dueAt }) => dueAt - now);
    const overIn = shares().map(({ until }) => (until ?? 0) - clock.now());
    const timed = [...retirements, ...overIn].filter((ms) => ms > 0);
    // What was due by then and was not tried waits for its lane, which tells when it is free, or for the engine.
    const retries = failures.dueAfter(decidedAt).map((at) => Math.max(0, at - now));
    const unseen = !observed.fresh || observed.forwardsError !== null;
    const usual = watched() ? RESYNC_MS : UNWATCHED_RESYNC_MS;
    return Math.min(unseen ? UNSEEN_MS : usual, ends.dueIn() ?? usual, ...retries, ...timed);
  }

  /** Requests just made are sent at the end of this turn, and building a snapshot takes milliseconds. */
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
      if (ended) observed = belief.ended(observed, false);
      // Before all else: each millisecond counts.
      if (departs && running !== null) departures.begin(running, ended ? "ended" : "stopping");
      if (cause !== null) trigger(cause);
      if (ended) showSoon();
    },

    settled: pace.settled,
    observed: () => observed,
    lastPassEndedAt: () => passEndedAt,
    planned,
    failed: failures.all,
    failures: failures.faults,

    async run(signal) {
      running = signal;
      while (!signal.aborted) {
        // A pass starts programs and asks the engine, which delays the leaves by as much.
        await inTime(departures.still(signal), DEPARTURE_MS, clock, signal);
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
