import { type EngineKind, engineName } from "@tailnet-share/contract/engine-name";
import { AppError, type Fault } from "@tailnet-share/contract/errors";
import type { EngineState } from "@tailnet-share/contract/node";
import type { Logger } from "pino";
import { z } from "zod";
import type { OwnContainerCalls } from "../../engine/own-containers.ts";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/timing.ts";
import { Listener } from "../../ports/listening.ts";
import type { ContainerFacts } from "../../workloads/facts.ts";
import { currentContainers, type Holder } from "../../workloads/workloads.ts";
import { ENTRY_PROGRAM } from "../container/container.ts";
import { createNamespaceRunner } from "../namespace/namespace-runner.ts";
import type { ObservedMachines } from "../observed-machines.ts";
import { createLookHelpers, type LookHelpers } from "./look-helpers.ts";
import { ENTER_PORT, namespaceOwner } from "./namespace-owner.ts";

/** The last observation. */
export interface ListeningSurroundings {
  engine: EngineState;
  containers: readonly ContainerFacts[];
  byId: ReadonlyMap<string, ContainerFacts>;
  machines: Pick<ObservedMachines, "runtime" | "present">;
}

/** Listeners in a container, reachable or not; `fault` explains a failed look. */
export interface Looked {
  listeners: Listener[];
  fault: Fault | null;
}

/**
 * Finds the ports that containers listen on, from within their network namespace. It connects to none of them and needs no shell in the
 * container.
 */
export interface ListeningLook {
  /** Resolves within `ms`, with a fault if it can't tell. Rejects with `AppError("UNKNOWN_WORKLOAD")`. */
  look(workload: string, ms: number): Promise<Looked>;
  /** Whether a helper container serves a look, or did a moment ago: the look removes it. */
  caresFor(key: string): boolean;
}

export interface ListeningLookDependencies {
  engine: Pick<
    OwnContainerCalls,
    "createOwn" | "startOwn" | "removeOwn" | "runInOwn" | "waitForOwn" | "ownOutput"
  >;
  surroundings: () => ListeningSurroundings;
  shares: () => readonly Holder[];
  /** Called with the listeners that a machine has found in its container. */
  onFound: (machineContainerId: string, listeners: readonly Listener[]) => void;
  clock: Clock;
  log: Logger;
}

/** How long an answer counts as fresh for other callers. Milliseconds. */
const FRESH_MS = 3_000;

const Listeners = z.array(Listener);

export function createListeningLook(dependencies: ListeningLookDependencies): ListeningLook {
  const { engine, surroundings, shares, clock } = dependencies;
  /** By the ID of the container that owns the namespace. Keeps an answer while it is fresh. */
  const looks = new Map<string, { answer: Promise<Looked>; until: number }>();
  const runner = createNamespaceRunner(engine, () => {
    const { runtime } = surroundings().machines;
    if (runtime === null) throw new AppError("INTERNAL", NOT_READ, "Try again in a moment.");
    return runtime;
  });
  const helpers = createLookHelpers(runner, clock);

  /** Callers at the same time, and shortly after, share one answer. */
  async function shared(targetId: string): Promise<Looked> {
    const now = clock.monotonic();
    for (const [id, { until }] of looks) if (until <= now) looks.delete(id);
    helpers.tidy();
    const known = looks.get(targetId);
    if (known !== undefined) return await known.answer;
    const look = { answer: read(targetId, helpers, dependencies), until: Number.POSITIVE_INFINITY };
    looks.set(targetId, look);
    const listening = await look.answer;
    // Do not cache a fault: its cause may be gone next time.
    look.until = listening.fault === null ? clock.monotonic() + FRESH_MS : 0;
    return listening;
  }

  return {
    caresFor: helpers.has,

    async look(workload, ms) {
      const { engine: state, containers, byId } = surroundings();
      const found = currentContainers(containers, shares()).get(workload);
      if (found === undefined)
        throw new AppError("UNKNOWN_WORKLOAD", "There is no such container.", "Check the list.");
      if (state.state === "unreachable") return unknown(state.fault);
      const owner = namespaceOwner(found.container, byId);
      if ("code" in owner) return unknown(owner);
      return await within(shared(owner.id), ms, { clock, otherwise: unknown(slow(state)) });
    },
  };
}

/** Reads the listeners from the machine in that namespace, or from a helper. Never rejects. */
async function read(
  targetId: string,
  helpers: Pick<LookHelpers, "run">,
  { engine, surroundings, onFound, log }: ListeningLookDependencies,
): Promise<Looked> {
  const machine = surroundings().machines.present.find(
    (candidate) => candidate.targetId === targetId && candidate.run === "running",
  );
  try {
    // A machine with another image has no program to ask, and a machine may end at any moment.
    const asked =
      machine === undefined
        ? null
        : await engine.runInOwn(machine.containerId, [...ENTRY_PROGRAM, "listening"]).catch(() => null);
    const { code, output } = asked?.code === 0 ? asked : await helpers.run(targetId);
    if (code !== 0) throw new Error(`exit code ${code}: ${output.slice(-500)}`);
    const listeners = Listeners.parse(JSON.parse(output));
    // A helper beside the machine can't tell tailscaled's sockets from the application's.
    if (machine !== undefined && asked?.code === 0) onFound(machine.containerId, listeners);
    return { listeners, fault: null };
  } catch (err) {
    if (err instanceof AppError) return unknown(err.fault);
    log.warn({ event: "machine.listening-unread", err }, "what a container listens on could not be read");
    return unknown({ code: "INTERNAL", message: NOT_READ, hint: ENTER_PORT });
  }
}

function unknown(fault: Fault): Looked {
  return { listeners: [], fault };
}

const NOT_READ = "Couldn't detect the container's open ports.";

function slow(engine: EngineKind): Fault {
  return {
    code: "ENGINE_UNREACHABLE",
    message: `${engineName(engine)} is taking too long to read the container's ports.`,
    hint: `Try again in a moment. ${ENTER_PORT}`,
  };
}
