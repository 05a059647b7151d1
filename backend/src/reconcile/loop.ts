import type { Logger } from "pino";
import type { DataPlane } from "../dataplane/data-plane.ts";
import type { Egress } from "../engine/egress.ts";
import type { EngineEvent } from "../engine/parse.ts";
import { lenders } from "../events/concern.ts";
import { createEnds, type Ends } from "../events/ends.ts";
import type { Clock } from "../lib/clock.ts";
import { within } from "../lib/timing.ts";
import type { Meter } from "../operations/metrics/meter.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { type Belief, createBelief } from "./belief.ts";
import type { Desired } from "./desired.ts";
import { createDueSteps } from "./due-steps.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { createDepartures, type Departures } from "./leave/departures.ts";
import { createLeftNetworks } from "./leave/left-networks.ts";
import { createEngineLook, type EngineLookDependencies } from "./look/engine.ts";
import type { Observation } from "./look/observation.ts";
import { type ObserveDependencies, type Observed, observe } from "./look/observe.ts";
import { createRulesLook } from "./look/rules.ts";
import { createNews, type Reaction } from "./news.ts";
import { type Cause, createPace, type Pace } from "./pace.ts";
import { createPass, DEPARTURE_MS, type Pass } from "./pass.ts";
import { type ResolvedShare, resolveShares } from "./plan/resolve.ts";
import { createAttempt } from "./steps/attempt.ts";
import { createExecutors, type ExecuteDependencies } from "./steps/execute.ts";
import { createFailures, type Failure, type Failures } from "./steps/failures.ts";
import type { Step } from "./steps/step.ts";
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
  desired: () => Desired;
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

export function createLoop(dependencies: LoopDependencies): Loop {
  const { observation, desired, watched, clock, log, meter } = dependencies;
  const shares = () => desired().shares;
  const { observed } = observation;
  const failures = createFailures(clock);
  const pace = createPace(clock, watched);
  const lookAgain = () => pace.ask("urgent");
  const rules = createRulesLook(dependencies.dataPlane, watched, clock);
  const { dataPlane } = rules;
  const lanes = createLanes((step, isAwaited) => {
    // A look into a machine's container wakes the loop itself when its findings have changed.
    if (isAwaited || step.kind !== "machine-look" || failures.has(step)) lookAgain();
  });
  const leftNetworks = createLeftNetworks();
  const lookAtEngine = createEngineLook(dependencies, lookAgain, leftNetworks.moment);
  const ends = createEnds(clock);
  const belief = createBelief(ends, leftNetworks, lanes);
  const resolved = () => resolveShares(shares(), observed());
  const attempt = createAttempt({
    executors: createExecutors({ ...dependencies, dataPlane }),
    ownContainerId: () => observed().self?.id ?? "",
    ...{ failures, log, meter },
  });
  const dueSteps = createDueSteps({ lanes, leftNetworks, failures, attempt });
  const onChange = showSoon(dependencies.onChange);
  const departures = createDepartures({
    ...{ dataPlane, ends, resolved, clock },
    observed: () => belief.proven(observed()),
    leave: dueSteps.beginInLane,
    onDeparture: () => {
      observation.replace({ ...observed(), yielded: ends.yielded() });
      onChange();
      lookAgain();
    },
  });
  const pass = createPass({
    ...dependencies,
    ...{ belief, ends, departures, failures, lanes, dueSteps, dataPlane, resolved },
    look: async (before, signal) => await observe({ ...dependencies, lookAtEngine, rules }, before, signal),
  });
  const news = createNews({ ends, shares, resolved, observed, watched });
  return new ReconcileLoop({
    ...{ observation, shares, watched, onChange, clock, meter },
    expectEnds: () => dependencies.engine.expectEnds(reachedOverNetworks(resolved(), observed())),
    ...{ pace, pass, departures, news, belief, ends, failures, lanes },
  });
}

/** Defers `onChange`: pending requests are sent at the end of this turn, and building a snapshot takes milliseconds. */
function showSoon(onChange: () => void): () => void {
  return () => void setImmediate(onChange);
}

/** Running containers, or owners of their namespaces, on networks that the backend has joined for them. */
function reachedOverNetworks(resolved: readonly ResolvedShare[], { byId }: Observed): ReadonlySet<string> {
  const ids = resolved.flatMap(({ found, target }) =>
    found !== null && target?.kind === "network" && target.joined ? [...lenders(found.container, byId)] : [],
  );
  return new Set(ids.filter((id) => byId.get(id)?.run === "running"));
}

interface LoopParts extends Pick<LoopDependencies, "observation" | "watched" | "onChange" | "clock"> {
  shares: () => readonly StoredShare[];
  expectEnds: () => void;
  meter: LoopDependencies["meter"] | undefined;
  pace: Pace;
  pass: Pass;
  departures: Departures;
  news: (event: EngineEvent | null) => Reaction;
  belief: Belief;
  ends: Ends;
  failures: Failures;
  lanes: Lanes;
}

class ReconcileLoop implements Loop {
  readonly #parts: LoopParts;
  /** The signal of `run`; null before it was called. */
  #running: AbortSignal | null = null;
  #passEndedAt: number | null = null;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  trigger(cause: Cause): void {
    const { failures, pace } = this.#parts;
    if (cause === "user") failures.hurry();
    pace.ask(cause);
  }

  report(event: EngineEvent | null): void {
    const { news, observation, belief, departures, onChange } = this.#parts;
    const { cause, ended, departs } = news(event);
    if (ended) observation.replace(belief.ended(this.observed(), false));
    // Do this first: each millisecond counts.
    if (departs && this.#running !== null) departures.begin(this.#running, ended ? "ended" : "stopping");
    if (cause !== null) this.trigger(cause);
    if (ended) onChange();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { departures, pace, pass, lanes, clock } = this.#parts;
    this.#running = signal;
    while (!signal.aborted) {
      // A pass starts programs and asks the engine, which would delay the leaves.
      await within(departures.still(signal), DEPARTURE_MS, { clock, signal, otherwise: undefined });
      await this.#onePass(signal);
      await pace.next({ lookMs: pass.lookMs(), dueMs: this.#untilNextPass() }, signal);
    }
    await lanes.allEnded();
  }

  async settled(ms: number): Promise<void> {
    await this.#parts.pace.settled(ms);
  }

  observed(): Observed {
    return this.#parts.observation.observed();
  }

  lastPassEndedAt(): number | null {
    return this.#passEndedAt;
  }

  planned(): readonly Step[] {
    return this.#parts.pass.planned();
  }

  failed(): readonly Failure[] {
    return this.#parts.failures.all();
  }

  failures(): StepFaults {
    return this.#parts.failures.faults();
  }

  async #onePass(signal: AbortSignal): Promise<void> {
    const { pace, pass, expectEnds, clock, meter } = this.#parts;
    pace.begin();
    const startedAt = clock.monotonic();
    await pass.run(signal);
    expectEnds();
    this.#passEndedAt = clock.monotonic();
    meter?.passEnded((this.#passEndedAt - startedAt) / 1_000);
    pace.end();
  }

  /** Milliseconds until the next look if nothing triggers one earlier. */
  #untilNextPass(): number {
    const { shares, watched, pass, failures, ends, clock } = this.#parts;
    const { machines, fresh, forwardsError } = this.observed();
    const now = clock.monotonic();
    const retirements = machines.retiring.map(({ dueAt }) => dueAt - now);
    const overIn = shares().map(({ until }) => (until ?? 0) - clock.now());
    const timed = [...retirements, ...overIn].filter((ms) => ms > 0);
    // A step that was due but not attempted waits for its lane, which triggers a pass when it is free, or for the engine.
    const retries = failures.dueAfter(pass.decidedAt()).map((at) => Math.max(0, at - now));
    const unseen = !fresh || forwardsError !== null;
    const usual = watched() ? RESYNC_MS : UNWATCHED_RESYNC_MS;
    return Math.min(unseen ? UNSEEN_MS : usual, ends.dueIn() ?? usual, ...retries, ...timed);
  }
}
