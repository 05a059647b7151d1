import { randomBytes } from "node:crypto";
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
import { createInside, type Outcome } from "../container/inside.ts";
import type { MachinesSeen } from "../machines-seen.ts";

/** The last observation. */
export interface ListeningSurroundings {
  engine: EngineState;
  containers: readonly ContainerFacts[];
  byId: ReadonlyMap<string, ContainerFacts>;
  machines: Pick<MachinesSeen, "runtime" | "present">;
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

/** How long an answer counts as fresh for other callers. Milliseconds. */
const FRESH_MS = 3_000;
/** An engine's list may still show a helper that is gone. Milliseconds. */
const REMEMBERED_MS = 60_000;
/** Concurrent helpers: each starts a Node process. */
const MOST_HELPERS = 2;

const Listeners = z.array(Listener);

export function createListeningLook({
  engine,
  seen,
  shares,
  onFound,
  clock,
  log,
}: {
  engine: Pick<
    OwnContainerCalls,
    "createOwn" | "startOwn" | "removeOwn" | "runInOwn" | "waitForOwn" | "ownOutput"
  >;
  seen: () => ListeningSurroundings;
  shares: () => readonly Holder[];
  /** Called with the listeners that a machine has found in its container. */
  onFound: (machineContainerId: string, listeners: readonly Listener[]) => void;
  clock: Clock;
  log: Logger;
}): ListeningLook {
  /** By the ID of the container that owns the namespace. Keeps an answer while it is fresh. */
  const looks = new Map<string, { answer: Promise<Looked>; until: number }>();
  /** Until when to remember a helper's key, by key. */
  const helpers = new Map<string, number>();
  const atWork = new Set<Promise<unknown>>();

  const inside = createInside(engine, () => {
    const { runtime } = seen().machines;
    if (runtime === null) throw new AppError("INTERNAL", NOT_READ, "Try again in a moment.");
    return runtime;
  });

  async function inHelper(targetId: string): Promise<Outcome> {
    while (atWork.size >= MOST_HELPERS) await Promise.race(atWork);
    const key = `look-${randomBytes(6).toString("hex")}`;
    helpers.set(key, Number.POSITIVE_INFINITY);
    const work = inside.runHelper({ key, targetId }, ["listening"]);
    const over = work.then(
      () => void helpers.set(key, clock.monotonic() + REMEMBERED_MS),
      // Its removal may have failed: then the loop removes it.
      () => void helpers.delete(key),
    );
    atWork.add(over);
    await over;
    atWork.delete(over);
    return await work;
  }

  async function read(targetId: string): Promise<Looked> {
    const machine = seen().machines.present.find((one) => one.targetId === targetId && one.run === "running");
    try {
      // A machine with another image has no program to ask, and a machine may end at any moment.
      const asked =
        machine === undefined
          ? null
          : await engine.runInOwn(machine.containerId, [...ENTRY_PROGRAM, "listening"]).catch(() => null);
      const { code, output } = asked?.code === 0 ? asked : await inHelper(targetId);
      if (code !== 0) throw new Error(`exit code ${code}: ${output.slice(-500)}`);
      const listeners = Listeners.parse(JSON.parse(output));
      // A helper beside the machine can't tell tailscaled's sockets from the application's.
      if (machine !== undefined && asked?.code === 0) onFound(machine.containerId, listeners);
      return { listeners, fault: null };
    } catch (err) {
      if (err instanceof AppError) return unknown(err.fault);
      log.warn({ event: "machine.listening-unread", err }, "what a container listens on could not be read");
      return unknown({ code: "INTERNAL", message: NOT_READ, hint: NAME_IT });
    }
  }

  /** Callers at the same time, and shortly after, share one answer. */
  async function shared(targetId: string): Promise<Looked> {
    const now = clock.monotonic();
    for (const [id, { until }] of looks) if (until <= now) looks.delete(id);
    for (const [key, until] of helpers) if (until <= now) helpers.delete(key);
    const there = looks.get(targetId);
    if (there !== undefined) return await there.answer;
    const one = { answer: read(targetId), until: Number.POSITIVE_INFINITY };
    looks.set(targetId, one);
    const listening = await one.answer;
    // Do not cache a fault: its cause may be gone next time.
    one.until = listening.fault === null ? clock.monotonic() + FRESH_MS : 0;
    return listening;
  }

  return {
    caresFor: (key) => helpers.has(key),

    async look(workload, ms) {
      const { engine: state, containers, byId } = seen();
      const found = currentContainers(containers, shares()).get(workload);
      if (found === undefined)
        throw new AppError("UNKNOWN_WORKLOAD", "There is no such container.", "Check the list.");
      if (state.state === "unreachable") return unknown(state.fault);
      const place = namespaceOf(found.container, byId);
      if ("code" in place) return unknown(place);
      return await within(shared(place.id), ms, { clock, otherwise: unknown(SLOW) });
    },
  };
}

/** The container that owns this one's network namespace, or the reason why there is none to look into. Pure. */
function namespaceOf(
  container: ContainerFacts,
  byId: ReadonlyMap<string, ContainerFacts>,
): Pick<ContainerFacts, "id"> | Fault {
  let owner = container;
  // A chain of containers cannot be longer than there are containers.
  for (let hop = 0; hop <= byId.size; hop += 1) {
    if (owner.run !== "running" && owner.run !== "paused") {
      return owner === container
        ? {
            code: "CONTAINER_NOT_RUNNING",
            message: "The container isn't running, so no ports are open.",
            hint: "Start it.",
          }
        : AWAY;
    }
    switch (owner.networkMode.kind) {
      case "own":
        return owner;
      case "none":
        return {
          code: "NO_NETWORK",
          message: "The container has no network (network mode 'none').",
          hint: "Give it a network to share it.",
        };
      case "host":
        return {
          code: "NO_NETWORK",
          message:
            "The container has no network of its own: it uses that of the engine's host, with everything else that listens there.",
          hint: NAME_IT,
        };
      case "container": {
        const next = byId.get(owner.networkMode.id);
        if (next === undefined) return AWAY;
        owner = next;
      }
    }
  }
  return AWAY;
}

function unknown(fault: Fault): Looked {
  return { listeners: [], fault };
}

const NAME_IT = "Enter the port yourself.";
const NOT_READ = "Couldn't detect the container's open ports.";

const SLOW: Fault = {
  code: "ENGINE_UNREACHABLE",
  message: "Docker Engine is taking too long to read the container's ports.",
  hint: `Try again in a moment. ${NAME_IT}`,
};

const AWAY: Fault = {
  code: "NO_NETWORK",
  message: "The container uses the network of another container, which is not running.",
  hint: "Start that container, then restart this one.",
};
