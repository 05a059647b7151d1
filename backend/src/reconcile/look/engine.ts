import { type EngineKind, engineName, kindOf } from "@tailnet-share/contract/engine-name";
import { AppError } from "@tailnet-share/contract/errors";
import type { EngineState } from "@tailnet-share/contract/node";
import type { Engine } from "../../engine/engine.ts";
import { findSelf } from "../../engine/self.ts";
import type { Clock } from "../../lib/clock.ts";
import type { LookAgain } from "../../lib/look-again.ts";
import { within } from "../../lib/timing.ts";
import type { MachineObserver } from "../../machines/observe.ts";
import type { ObservedMachines } from "../../machines/observed-machines.ts";
import type { NetworkFacts } from "../../networks/facts.ts";
import type { WayOutRule } from "../../networks/join-refusal.ts";
import type { ContainerFacts } from "../../workloads/facts.ts";
import type { Self } from "../../workloads/targets.ts";
import { createNetworksLook } from "./networks.ts";

/** State of the engine. While it is unreachable, its last known state. */
export interface EngineSeen {
  engine: EngineState;
  /** Whether the engine answered this time. If not, don't rely on where containers are. */
  fresh: boolean;
  list: readonly ContainerFacts[];
  /** Logical time of the query, by `moment`. */
  asked: number;
  self: Self | null;
  networks: ReadonlyMap<string, NetworkFacts>;
  wayOutRule: WayOutRule;
  /** The address where the backend reaches the engine's host; null if it can't. */
  hostAddress: string | null;
  machines: ObservedMachines;
}

/** Never rejects, and never takes much longer than `WAIT_MS`. */
export type EngineLook = (before: EngineSeen, signal: AbortSignal) => Promise<EngineSeen>;

export interface EngineLookDependencies {
  engine: Engine;
  ownContainerId: string;
  observeMachines: MachineObserver;
  again: LookAgain;
  clock: Clock;
}

/** How long a pass waits for an engine: withdrawing a share must not wait for an engine that hangs. Milliseconds. */
const WAIT_MS = 3_000;
/** How long to wait for an engine's answer before reporting it as unreachable. Milliseconds. */
const AWAY_MS = 6_000;
/** An engine that was slow gets this multiple of its last response time. */
const PATIENCE = 1.5;
const MOST_PATIENCE_MS = 20_000;

/**
 * Runs one look at a time. A look that outlasts its pass continues in the background, and `onLate` is called when it answers.
 * `moment` returns the logical time at which a look begins.
 */
export function createEngineLook(
  dependencies: EngineLookDependencies,
  onLate: () => void,
  moment: () => number,
): EngineLook {
  const look = new PatientLook(dependencies, createAsk(dependencies, moment), onLate);
  return async (before, signal) => await look.run(before, signal);
}

class PatientLook {
  readonly #dependencies: EngineLookDependencies;
  readonly #ask: EngineLook;
  readonly #onLate: () => void;
  #underWay: { since: number; ended: Promise<void> } | null = null;
  #answer: EngineSeen | null = null;
  #tookMs = 0;

  constructor(dependencies: EngineLookDependencies, ask: EngineLook, onLate: () => void) {
    this.#dependencies = dependencies;
    this.#ask = ask;
    this.#onLate = onLate;
  }

  async run(before: EngineSeen, signal: AbortSignal): Promise<EngineSeen> {
    const { observeMachines } = this.#dependencies;
    const isLate = this.#answer !== null;
    if (!isLate) await this.#waitForAnswer(before, signal);
    const answer = this.#answer;
    this.#answer = null;
    if (answer === null) {
      const last = this.#withoutAnswer(before);
      return { ...last, machines: await observeMachines(null, before.machines, signal) };
    }
    // A late container list is still valid, but its machine state is stale: observe machines again.
    return isLate || !answer.fresh
      ? { ...answer, machines: await observeMachines(null, answer.machines, signal) }
      : answer;
  }

  async #waitForAnswer(before: EngineSeen, signal: AbortSignal): Promise<void> {
    const { clock } = this.#dependencies;
    this.#underWay ??= this.#start(before, signal);
    const { since, ended } = this.#underWay;
    const remainingMs = since + WAIT_MS - clock.monotonic();
    if (remainingMs <= 0) return;
    const answered = ended.then(() => true);
    if (!(await within(answered, remainingMs, { clock, signal, otherwise: false })))
      ended.then(this.#onLate, this.#onLate);
  }

  #start(before: EngineSeen, signal: AbortSignal): { since: number; ended: Promise<void> } {
    const { clock } = this.#dependencies;
    const since = clock.monotonic();
    const ended = this.#ask(before, signal).then((answer) => {
      this.#tookMs = clock.monotonic() - since;
      this.#answer = answer;
      this.#underWay = null;
    });
    return { since, ended };
  }

  /** The previous state. Reports the engine as unreachable once that took too long. */
  #withoutAnswer(before: EngineSeen): EngineSeen {
    const now = this.#dependencies.clock.monotonic();
    const waited = now - (this.#underWay?.since ?? now);
    const patience = Math.max(AWAY_MS, Math.min(MOST_PATIENCE_MS, PATIENCE * this.#tookMs));
    return waited < patience ? { ...before, fresh: false } : away(before, silent(before.engine));
  }
}

/** Asks the engine once, however long it takes. Never rejects. */
function createAsk(
  { engine, ownContainerId, observeMachines, again }: EngineLookDependencies,
  moment: () => number,
): EngineLook {
  const lookAtNetworks = createNetworksLook(engine, again);

  /** The home network never changes while the backend runs, so stop asking once it is known. */
  async function hostAddressOf(self: Self | null, signal: AbortSignal): Promise<string | null> {
    if (self?.homeNetworkId == null) return null;
    return await engine.hostAddressOn(self.homeNetworkId, signal).catch(() => {
      again.missed();
      return null;
    });
  }

  return async (before, signal) => {
    const asked = moment();
    try {
      // Reconnecting after an outage negotiates the API version again: the engine may have been updated.
      const state: EngineState =
        before.engine.state === "connected"
          ? before.engine
          : { state: "connected", ...(await engine.connect(signal)) };
      const list = await engine.listContainers(signal);
      const self = findSelf(list, ownContainerId);
      const [networks, hostAddress, machines] = await Promise.all([
        lookAtNetworks(list, before.networks, signal),
        before.hostAddress ?? hostAddressOf(self, signal),
        observeMachines(list, before.machines, signal),
      ]);
      const wayOutRule = engine.wayOutRule();
      return { engine: state, fresh: true, list, asked, self, networks, wayOutRule, hostAddress, machines };
    } catch (error) {
      return away(before, error instanceof AppError ? error : silent(before.engine, error));
    }
  };
}

function away(before: EngineSeen, { fault }: AppError): EngineSeen {
  return { ...before, engine: { state: "unreachable", fault, ...kindOf(before.engine) }, fresh: false };
}

function silent(kind: EngineKind, cause?: unknown): AppError {
  const name = engineName(kind);
  return new AppError(
    "ENGINE_UNREACHABLE",
    `Can't reach ${name}.`,
    `Check that ${name} is running. Shares stay reachable; the list may be out of date.`,
    { cause },
  );
}
