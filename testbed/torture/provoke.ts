import { setTimeout as delay } from "node:timers/promises";
import type { Step } from "../../backend/src/reconcile/step.ts";
import type { Bed } from "../src/bed.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import type { Random } from "./random.ts";
import { findAddress, isCutOff, isOn, namesOf, OFF, type Place, want } from "./wanted-state.ts";

/** Makes the backend take one kind of step. Separate from the preparation that the step needs. */
export interface Provocation {
  /** The target place. */
  readonly place: Place;
  /** Sets up what `act` needs, before the trap is set. */
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
/** A machine that has its identity needs no log-in. */
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

export interface Walker {
  readonly bed: Bed;
  readonly places: readonly Place[];
  readonly random: Random;
  /** Waits until the state matches what is wanted. */
  readonly settle: () => Promise<void>;
}

function intentionFor({ kind, name }: Place) {
  return kind === "node"
    ? { mode: "node" as const, until: null }
    : { mode: "machine" as const, name, httpsPort: null };
}

const switchOn = (bed: Bed, place: Place): Promise<void> => want(bed, place, intentionFor(place));
const switchOff = (bed: Bed, place: Place): Promise<void> => want(bed, place, OFF);

/** Switches one random share. */
export async function toggle({ bed, places, random }: Walker, except: Place): Promise<void> {
  const place = random.pick(places.filter((one) => one.kind === "node" && one !== except));
  await (isOn(place) ? switchOff(bed, place) : switchOn(bed, place));
}

/** Picks a share in the needed state, or brings one into it first. */
function chosen(
  walker: Walker,
  of: readonly Place[],
  on: boolean,
): { readonly place: Place; readonly prepare?: () => Promise<void> } {
  const fitting = of.filter((place) => isOn(place) === on);
  if (fitting.length > 0) return { place: walker.random.pick(fitting) };
  const place = walker.random.pick(of);
  return {
    place,
    async prepare() {
      await (on ? switchOn(walker.bed, place) : switchOff(walker.bed, place));
      await walker.settle();
    },
  };
}

/** Picks a machine that must log in: one that was off for long enough. Waits for one when there is none. */
function stranger(walker: Walker): { readonly place: Place; readonly prepare: () => Promise<void> } {
  const machines = walker.places.filter(({ kind }) => kind === "machine");
  const off = machines.filter((place) => !isOn(place));
  const [place] = (off.length > 0 ? off : machines).toSorted((a, b) => a.offSince - b.offSince);
  if (place === undefined) throw new Error("there are no machines in this world");
  return {
    place,
    async prepare() {
      if (isOn(place)) {
        await switchOff(walker.bed, place);
        await walker.settle();
      }
      const left = place.offSince === 0 ? 0 : place.offSince + FORGOTTEN_MS - Date.now();
      if (left > 0) await delay(left);
    },
  };
}

export function provoke(step: StepKind, walker: Walker): Provocation {
  const { bed, places } = walker;
  const node = places.filter(({ kind }) => kind === "node");
  const lonely = node.filter((place) => place.lonely);
  const machines = places.filter(({ kind }) => kind === "machine");
  const on = (of: readonly Place[]) => chosen(walker, of, true);
  const off = (of: readonly Place[]) => chosen(walker, of, false);
  const withinMs = step.startsWith("machine") ? MACHINE_STEP_MS : NODE_STEP_MS;
  const clickOn = (way: { readonly place: Place; readonly prepare?: () => Promise<void> }): Provocation => ({
    ...way,
    withinMs,
    act: () => switchOn(bed, way.place),
  });
  const clickOff = (way: { readonly place: Place; readonly prepare?: () => Promise<void> }): Provocation => ({
    ...way,
    withinMs,
    act: () => switchOff(bed, way.place),
  });

  switch (step) {
    case "join":
      return clickOn(off(lonely));
    case "forward":
      return walker.random.chance(0.5) ? clickOn(off(node)) : clickOff(on(node));
    case "leave":
      return clickOff(on(lonely));
    case "end-flows":
      return clickOff(on(node));
    case "rebind": {
      const way = on(node);
      return { ...way, withinMs, act: () => rename(bed, way.place) };
    }
    case "expire": {
      const way = off(node);
      const act = () => want(bed, way.place, { mode: "node", until: Date.now() + UNTIL_MS });
      return { ...way, withinMs, act };
    }
    case "machine-fetch": {
      const way = on(machines);
      const choose = (tag: string) => async () => await chooseTailscale(bed, tag);
      const undo = async () =>
        await waitFor(choose(""), { what: "the setting of before", timeoutMs: UNDO_MS });
      return { ...way, withinMs, act: choose(ABSENT_TAG), undo };
    }
    case "machine-start":
    case "machine-look":
      return clickOn(off(machines));
    case "machine-login":
    case "machine-note":
      return clickOn(stranger(walker));
    case "machine-adjust": {
      const way = on(machines);
      return { ...way, withinMs, act: () => giveName(bed, way.place) };
    }
    case "machine-serve": {
      const way = on(machines);
      return { ...way, withinMs, act: () => askForHttps(bed, way.place) };
    }
    case "machine-stop":
      return clickOff(on(machines));
    case "machine-retire":
      return { ...clickOff(on(machines)), withinMs: RETIRE_STEP_MS };
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
async function rename({ engine }: Bed, place: Place): Promise<void> {
  const name = place.name.endsWith("-renamed")
    ? place.name.replace(/-renamed$/, "")
    : `${place.name}-renamed`;
  await engine.docker(["rename", place.containerId, name]);
  place.name = name;
}

async function giveName(bed: Bed, place: Place): Promise<void> {
  const [now] = place.wanted;
  if (now.mode !== "machine") throw new Error(`${place.name} is no machine`);
  const name = namesOf(place).find((one) => one !== now.name) ?? place.name;
  await want(bed, place, { ...now, name });
}

async function askForHttps(bed: Bed, place: Place): Promise<void> {
  const [now] = place.wanted;
  if (now.mode !== "machine") throw new Error(`${place.name} is no machine`);
  await want(bed, place, { ...now, httpsPort: now.httpsPort === null ? 8080 : null });
}

/** A restarted container may have a different address, and its machine a different namespace. */
export async function restart({ bed, places, random }: Walker): Promise<void> {
  const place = random.pick(places);
  await bed.engine.docker(["restart", "-t", "0", place.containerId]);
  await findAddress(bed, place);
}
