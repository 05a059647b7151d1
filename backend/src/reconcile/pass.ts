import type { Logger } from "pino";
import type { DataPlane } from "../dataplane/data-plane.ts";
import type { Ends } from "../events/ends.ts";
import type { Clock } from "../lib/clock.ts";
import { within } from "../lib/timing.ts";
import type { Belief } from "./belief.ts";
import type { Desired } from "./desired.ts";
import type { DueSteps } from "./due-steps.ts";
import { breakOffObsolete, type Lanes } from "./lanes.ts";
import type { Departures } from "./leave/departures.ts";
import type { Observation } from "./look/observation.ts";
import type { Observed } from "./look/observe.ts";
import { plan, undecided } from "./plan/plan.ts";
import { type ResolvedShare, resolveShares } from "./plan/resolve.ts";
import { createSilence } from "./plan/silence.ts";
import type { Failures } from "./steps/failures.ts";
import { isLeftToItsLane, JOINS_LANE, type Step, stepLane } from "./steps/step.ts";

/** A pass of the loop: rounds of observing, planning and executing, until no step is due. */
export interface Pass {
  run(signal: AbortSignal): Promise<void>;
  /** The steps that a pass would run now. */
  planned(): Step[];
  /** How long the last look took. Milliseconds. */
  lookMs(): number;
  /** When due steps were last selected, by the monotonic clock. Milliseconds. */
  decidedAt(): number;
}

export interface PassDependencies {
  observation: Observation;
  /** Never rejects: a part that can't be read keeps its previous value. */
  look: (before: Observed, signal: AbortSignal) => Promise<Observed>;
  belief: Belief;
  ends: Pick<Ends, "revision">;
  departures: Pick<Departures, "looked">;
  failures: Pick<Failures, "hurry" | "joins" | "keepOnly">;
  lanes: Lanes;
  dueSteps: DueSteps;
  dataPlane: Pick<DataPlane, "mode">;
  desired: () => Desired;
  resolved: () => readonly ResolvedShare[];
  /** Forwards whose probes get no answer, by `forwardKey`. */
  silent: () => ReadonlySet<string>;
  /** Called whenever something was observed. */
  onChange: () => void;
  clock: Clock;
  log: Logger;
}

/** How long a round waits for all joins and leaves together. Milliseconds. */
const NETWORK_MS = 3_000;
/** How long a pass waits for a look at networks to leave. Milliseconds. */
export const DEPARTURE_MS = 500;
/** join → forward → leave takes three; more rounds mean that a step has no effect. */
const MAX_ROUNDS = 6;

export function createPass(dependencies: PassDependencies): Pass {
  return new Rounds(dependencies);
}

class Rounds implements Pass {
  readonly #dependencies: PassDependencies;
  readonly #silence = createSilence();
  /** The forwards at the last `onChange`, which are therefore being probed. */
  #tried: Observed["forwards"] = [];
  #decidedAt = 0;
  #lookMs = 0;

  constructor(dependencies: PassDependencies) {
    this.#dependencies = dependencies;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#dependencies;
    for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round += 1) {
      if (!(await this.#round(signal))) return;
    }
    if (signal.aborted) return;
    log.warn({ event: "loop.restless", rounds: MAX_ROUNDS }, "reconciling did not converge");
  }

  planned(): Step[] {
    const { desired, observation, dataPlane } = this.#dependencies;
    return plan(desired(), observation.observed(), dataPlane.mode);
  }

  lookMs(): number {
    return this.#lookMs;
  }

  decidedAt(): number {
    return this.#decidedAt;
  }

  /** Returns whether another round is needed. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { ends, departures, observation, clock } = this.#dependencies;
    const decided = ends.revision();
    await this.#look(signal);
    if (ends.revision() !== decided) {
      // The observation may still show forwards that have been withdrawn since.
      const looked = departures.looked();
      if (looked !== null) await within(looked, DEPARTURE_MS, { clock, signal, otherwise: undefined });
      return true;
    }
    const due = this.#decide();
    if (due.length === 0) return false;
    await this.#execute(due, decided, signal);
    // Their ends cause the next pass.
    if (due.every(isLeftToItsLane)) return false;
    // Without reading the rules, the effect of the steps can't be verified.
    return observation.observed().forwardsError === null;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { observation, look, belief, failures, clock } = this.#dependencies;
    const before = observation.observed();
    const began = clock.monotonic();
    const observed = await look(before, signal);
    this.#lookMs = clock.monotonic() - began;
    // It may be a different engine now, so earlier failures may not apply.
    if (before.engine.state !== "connected" && observed.engine.state === "connected") failures.hurry();
    observation.replace(
      this.#withSilence({
        ...belief.ended(belief.proven(observed), observed.fresh),
        failedJoins: failures.joins(),
      }),
    );
  }

  /** Plans, ends what the plan makes obsolete, and returns the steps to run now. */
  #decide(): Step[] {
    const { observation, lanes, dueSteps, onChange, clock } = this.#dependencies;
    const steps = this.planned();
    this.#forgetObsoleteFailures(steps);
    breakOffObsolete(lanes, steps, observation.observed().machines.present);
    onChange();
    this.#tried = observation.observed().forwards;
    this.#decidedAt = clock.monotonic();
    return dueSteps.select(steps);
  }

  /** `decided`: the revision of the ends that the steps were planned with. */
  async #execute(due: readonly Step[], decided: number, signal: AbortSignal): Promise<void> {
    const { ends, dueSteps } = this.#dependencies;
    for (const step of due) {
      // A container's end reported since then changes the plan.
      if (ends.revision() !== decided) break;
      if (!dueSteps.mayBegin(step)) continue;
      await dueSteps.begin(step, signal);
      if (stepLane(step) === JOINS_LANE) await this.#lanesInTime(signal);
    }
    await this.#lanesInTime(signal);
  }

  /** Waits for joins and leaves, which usually take an instant and decide the next round. Gives up on a slow engine. */
  async #lanesInTime(signal: AbortSignal): Promise<void> {
    const { lanes, clock } = this.#dependencies;
    const ended = lanes.networksEnded();
    const ms = this.#decidedAt + NETWORK_MS - clock.monotonic();
    if (ended !== null) await within(ended, ms, { clock, signal, otherwise: undefined });
  }

  #forgetObsoleteFailures(steps: readonly Step[]): void {
    const { observation, lanes, failures, resolved } = this.#dependencies;
    if (!observation.observed().fresh) return;
    const known = [...steps, ...lanes.steps()];
    failures.keepOnly([...known, ...undecided(known, resolved(), observation.observed())]);
  }

  #withSilence(observed: Observed): Observed {
    const { desired, silent } = this.#dependencies;
    const tries = { silent: silent(), tried: this.#tried };
    return {
      ...observed,
      silentPlaces: this.#silence.look(resolveShares(desired().shares, observed), observed, tries),
    };
  }
}
