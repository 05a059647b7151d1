import { setTimeout as delay } from "node:timers/promises";
import type { Step } from "../../backend/src/reconcile/steps/step.ts";
import type { Bed } from "../src/bed.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import type { Random } from "./random.ts";
import { findAddress, isCutOff, isOn, namesOf, OFF, type ToggledContainer, want } from "./wanted-state.ts";

/** Makes the backend take one kind of step. Separate from the preparation that the step needs. */
export interface Provocation {
  /** The container to act on. */
  readonly container: ToggledContainer;
  /** Sets up what `act` needs, before the crash point is set. */
  readonly prepare?: () => Promise<void>;
  readonly act: () => Promise<unknown>;
  /** Time limit for the step to start. */
  readonly withinMs: number;
  /** Reverts changes made only for the step, once the backend runs again. */
  readonly undo?: () => Promise<unknown>;
}

/** Ends shares soon enough that a crash can wait for it, and late enough that the click was answered. */
const UNTIL_MS = 1_500;
const NODE_STEP_MS = 4_000;
const MACHINE_STEP_MS = 10_000;
/** A machine is kept for 10 s after it was switched off. */
const RETIRE_STEP_MS = 16_000;
/** Allows for the backend having just started. */
const UNDO_MS = 20_000;
/** A machine that has its identity needs no login. */
const FORGOTTEN_MS = 12_000;

/**
 * The control server of this bed issues no certificates, and HTTPS needs them. A dismissed machine's device would stay in the tailnet,
 * which must be empty at the end.
 */
type Unreachable = "machine-certificate" | "certificate" | "serve" | "machine-forget";

/** How often to kill the backend at each kind of step. */
export const STEPS = {
  join: 27,
  forward: 33,
  leave: 24,
  "end-flows": 24,
  rebind: 15,
  expire: 12,
  "node-adjust": 3,
  "machine-fetch": 3,
  "machine-start": 9,
  "machine-login": 6,
  "machine-note": 6,
  "machine-look": 6,
  "machine-adjust": 6,
  "machine-serve": 3,
  "machine-stop": 9,
  "machine-retire": 3,
} as const satisfies Record<Exclude<Step["kind"], Unreachable>, number>;
export type StepKind = keyof typeof STEPS;
/** How often to kill the backend at a random time. */
export const AT_RANDOM = 14;

/** Typical minimum duration of `step` in milliseconds. A crash within it happens before the step ends. */
export function shortest(step: StepKind): number {
  if (step === "join" || step === "leave") return 60;
  return ["machine-start", "machine-stop", "machine-login", "machine-retire"].includes(step) ? 200 : 4;
}

export interface Provoker {
  readonly bed: Bed;
  readonly containers: readonly ToggledContainer[];
  readonly random: Random;
  /** Waits until the state matches what is wanted. */
  readonly settle: () => Promise<void>;
}

function intentionFor({ kind, name }: ToggledContainer) {
  return kind === "node"
    ? { mode: "node" as const, until: null }
    : { mode: "machine" as const, name, httpsPort: null };
}

const switchOn = (bed: Bed, container: ToggledContainer): Promise<void> =>
  want(bed, container, intentionFor(container));
const switchOff = (bed: Bed, container: ToggledContainer): Promise<void> => want(bed, container, OFF);

/** Switches one random share. */
export async function toggle({ bed, containers, random }: Provoker, except: ToggledContainer): Promise<void> {
  const container = random.pick(
    containers.filter((candidate) => candidate.kind === "node" && candidate !== except),
  );
  await (isOn(container) ? switchOff(bed, container) : switchOn(bed, container));
}

/** A container, and how to bring it into the state that a provocation needs if it isn't in it. */
type Choice = Pick<Provocation, "container" | "prepare">;

/** Picks a share in the needed state, or brings one into it first. */
function pickInState(provoker: Provoker, of: readonly ToggledContainer[], on: boolean): Choice {
  const fitting = of.filter((container) => isOn(container) === on);
  if (fitting.length > 0) return { container: provoker.random.pick(fitting) };
  const container = provoker.random.pick(of);
  return {
    container,
    async prepare() {
      await (on ? switchOn(provoker.bed, container) : switchOff(provoker.bed, container));
      await provoker.settle();
    },
  };
}

/** Picks a machine that must log in: one that was off for long enough. Waits for one when there is none. */
function machineWithoutIdentity(provoker: Provoker): Choice {
  const machines = provoker.containers.filter(({ kind }) => kind === "machine");
  const off = machines.filter((container) => !isOn(container));
  const [container] = (off.length > 0 ? off : machines).toSorted((a, b) => a.offSince - b.offSince);
  if (container === undefined) throw new Error("none of the containers can become a machine");
  return {
    container,
    async prepare() {
      if (isOn(container)) {
        await switchOff(provoker.bed, container);
        await provoker.settle();
      }
      const remainingMs = container.offSince === 0 ? 0 : container.offSince + FORGOTTEN_MS - Date.now();
      if (remainingMs > 0) await delay(remainingMs);
    },
  };
}

export function provoke(step: StepKind, provoker: Provoker): Provocation {
  return isMachineStep(step) ? provokeMachine(step, provoker) : provokeNode(step, provoker);
}

type MachineStepKind = Extract<StepKind, `machine-${string}`>;

function isMachineStep(step: StepKind): step is MachineStepKind {
  return step.startsWith("machine-");
}

function provokeNode(step: Exclude<StepKind, MachineStepKind>, provoker: Provoker): Provocation {
  const { bed, random } = provoker;
  const node = provoker.containers.filter(({ kind }) => kind === "node");
  const alone = node.filter((container) => container.aloneOnNetwork);
  const on = (of: readonly ToggledContainer[]) => pickInState(provoker, of, true);
  const off = (of: readonly ToggledContainer[]) => pickInState(provoker, of, false);
  const withinMs = NODE_STEP_MS;

  switch (step) {
    case "join":
      return clickOn(bed, off(alone), withinMs);
    case "forward":
      return random.chance(0.5) ? clickOn(bed, off(node), withinMs) : clickOff(bed, on(node), withinMs);
    case "leave":
      return clickOff(bed, on(alone), withinMs);
    case "end-flows":
      return clickOff(bed, on(node), withinMs);
    case "rebind": {
      const choice = on(node);
      return { ...choice, withinMs, act: () => rename(bed, choice.container) };
    }
    case "expire": {
      const choice = off(node);
      const act = () => want(bed, choice.container, { mode: "node", until: Date.now() + UNTIL_MS });
      return { ...choice, withinMs, act };
    }
    case "node-adjust": {
      const undo = async () =>
        await waitFor(async () => await nameNode(bed, "docker"), {
          what: "the node's own name",
          timeoutMs: UNDO_MS,
        });
      return { ...on(node), withinMs, act: () => nameNode(bed, "docker-renamed"), undo };
    }
  }
}

function provokeMachine(step: MachineStepKind, provoker: Provoker): Provocation {
  const { bed } = provoker;
  const machines = provoker.containers.filter(({ kind }) => kind === "machine");
  const on = () => pickInState(provoker, machines, true);
  const off = () => pickInState(provoker, machines, false);
  const withinMs = MACHINE_STEP_MS;

  switch (step) {
    case "machine-fetch": {
      const choose = (tag: string) => async () => await chooseTailscale(bed, tag);
      const undo = async () =>
        await waitFor(choose(""), { what: "the previous setting", timeoutMs: UNDO_MS });
      return { ...on(), withinMs, act: choose(ABSENT_TAG), undo };
    }
    case "machine-start":
    case "machine-look":
      return clickOn(bed, off(), withinMs);
    case "machine-login":
    case "machine-note":
      return clickOn(bed, machineWithoutIdentity(provoker), withinMs);
    case "machine-adjust": {
      const choice = on();
      return { ...choice, withinMs, act: () => giveName(bed, choice.container) };
    }
    case "machine-serve": {
      const choice = on();
      return { ...choice, withinMs, act: () => askForHttps(bed, choice.container) };
    }
    case "machine-stop":
      return clickOff(bed, on(), withinMs);
    case "machine-retire":
      return clickOff(bed, on(), RETIRE_STEP_MS);
  }
}

function clickOn(bed: Bed, choice: Choice, withinMs: number): Provocation {
  return { ...choice, withinMs, act: () => switchOn(bed, choice.container) };
}

function clickOff(bed: Bed, choice: Choice, withinMs: number): Provocation {
  return { ...choice, withinMs, act: () => switchOff(bed, choice.container) };
}

/** Returns whether the backend received the request and the node has the name. */
async function nameNode({ api }: Bed, hostname: string): Promise<boolean> {
  try {
    const { node } = await api.patchNode({ hostname });
    return "name" in node && node.name === hostname;
  } catch (error) {
    if (!isCutOff(error)) throw error;
    return false;
  }
}

/** The engine asks for this tag, which cannot be pulled. */
const ABSENT_TAG = "v1.3";

/** Returns whether the backend received the request. */
async function chooseTailscale({ api }: Bed, machineTailscale: string): Promise<boolean> {
  try {
    await api.patchSettings({ machineTailscale });
    return true;
  } catch (error) {
    if (!isCutOff(error)) throw error;
    return false;
  }
}

/** Acts as a user's `docker rename`: the share follows the container. */
async function rename({ engine }: Bed, container: ToggledContainer): Promise<void> {
  const name = container.name.endsWith("-renamed")
    ? container.name.replace(/-renamed$/, "")
    : `${container.name}-renamed`;
  await engine.docker(["rename", container.containerId, name]);
  container.name = name;
}

async function giveName(bed: Bed, container: ToggledContainer): Promise<void> {
  const [now] = container.wanted;
  if (now.mode !== "machine") throw new Error(`${container.name} is no machine`);
  const name = namesOf(container).find((candidate) => candidate !== now.name) ?? container.name;
  await want(bed, container, { ...now, name });
}

async function askForHttps(bed: Bed, container: ToggledContainer): Promise<void> {
  const [now] = container.wanted;
  if (now.mode !== "machine") throw new Error(`${container.name} is no machine`);
  await want(bed, container, { ...now, httpsPort: now.httpsPort === null ? 8080 : null });
}

/** A restarted container may have a different address, and its machine a different namespace. */
export async function restart({ bed, containers, random }: Provoker): Promise<void> {
  const container = random.pick(containers);
  await bed.engine.docker(["restart", "-t", "0", container.containerId]);
  await findAddress(bed, container);
}
