import { setTimeout as delay } from "node:timers/promises";
import { mainPid } from "../bench/processes.ts";
import type { Bed } from "../src/bed.ts";
import { takeCensus } from "./actual-state.ts";
import type { Moment, Traps } from "./crash-point.ts";
import type { TortureContext } from "./part.ts";
import {
  type Provocation,
  provoke,
  restart,
  type StepKind,
  shortest,
  toggle,
  type Walker,
} from "./provoke.ts";
import {
  addressOf,
  adopt,
  censusDifferences,
  namesOf,
  type Place,
  snapshotDifferences,
} from "./wanted-state.ts";

/** Long enough to distinguish late from never. */
const GIVE_UP_MS = 60_000;
const RANDOM_MS = 500;
/** Probability of another click at the same time. */
const ANOTHER_CLICK = 0.3;
const A_RESTART = 0.08;
const POLL_MS = 50;
/** Number of log lines to show when something is wrong. */
const LAST_LINES = 40;

/** One planned crash. Without a step, it happens at a random time after a click. */
export interface Round {
  readonly step: StepKind | null;
  readonly moment: Moment;
}

export interface Crash extends Round {
  /** The actual moment of the crash; null when the step did not come in time and the backend was killed elsewhere. */
  readonly hit: Moment | null;
  /** Milliseconds from the engine's start of the backend until the state matched what is wanted. */
  readonly backMs: number;
  /** Milliseconds until another device saw that too. */
  readonly seenMs: number;
}

export interface Torturer {
  readonly crashes: readonly Crash[];
  readonly violations: readonly string[];
  readonly settle: () => Promise<void>;
  /** Kills the backend once and checks that it converges to what is wanted. */
  round(round: Round, number: number): Promise<void>;
}

interface Tools {
  readonly bed: Bed;
  readonly places: readonly Place[];
  readonly traps: Traps;
  readonly installation: string;
  readonly context: TortureContext;
}

export function createTorturer({ bed, places, traps, installation, context }: Tools): Torturer {
  const { random, steps, signal } = context;
  const { backend } = bed.desktop;
  const crashes: Crash[] = [];
  const violations: string[] = [];

  async function differences(): Promise<readonly string[]> {
    const snapshot = await bed.api.snapshot();
    adopt(places, snapshot);
    const told = snapshotDifferences(places, snapshot);
    if (told.length > 0) return told;
    return censusDifferences(places, await takeCensus(bed, installation), bed.tailnet.network.name);
  }

  /** Waits until the state matches what is wanted. Returns the remaining differences after `ms`. */
  async function comesRight(ms: number): Promise<readonly string[]> {
    const deadline = performance.now() + ms;
    for (;;) {
      const found = await differences().catch((error: unknown) => [String(error)]);
      if (found.length === 0 || performance.now() >= deadline || signal.aborted) return found;
      await delay(POLL_MS);
    }
  }

  async function settle(): Promise<void> {
    const left = await comesRight(GIVE_UP_MS);
    if (left.length > 0) throw new Error(`without any crash: ${left.join("; ")}`);
  }

  async function violated(what: string): Promise<void> {
    violations.push(what);
    const lines = (await backend.logs()).split("\n").filter((line) => !line.includes("tailscaled.line"));
    steps.say([`! ${what}`, ...lines.slice(-LAST_LINES)].join("\n    "));
  }

  /** Devices of a lost or duplicated machine, which would appear under another name. */
  async function twins(): Promise<readonly string[]> {
    const known = new Set(["docker", "phone", ...places.flatMap(namesOf)]);
    const there = await bed.tailnet.control.loggedIn();
    return there.filter((name, index) => !known.has(name) || there.indexOf(name) !== index);
  }

  /** Checks that another device sees the state that the kernel and the engine report. */
  async function visit(place: Place, what: string): Promise<void> {
    const on = addressOf(place) !== null;
    const address = addressOf(place) ?? `http://docker.tail.test:${place.nodePort}`;
    const deadline = performance.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await bed.peer.fetch(address, { timeoutMs: 3_000 });
      if (on ? answer.ok : !answer.ok && answer.reason === "refused") return;
      const got = answer.ok ? `answers ${answer.status}` : answer.reason;
      if (performance.now() >= deadline || signal.aborted)
        return await violated(
          `${what}: its share is ${on ? "on" : "off"}, and to another device ${address} ${got}`,
        );
    }
  }

  /** Clicks and waits until the backend has exited. Returns the moment of the crash. */
  async function end(
    { step, moment }: Round,
    { place, act, withinMs }: Provocation,
    walk: Walker,
  ): Promise<Moment | null> {
    const { random } = walk;
    const [afterMs, atMs] = [step === null ? 0 : random.below(shortest(step)), random.below(RANDOM_MS)];
    const [another, anew] = [random.chance(ANOTHER_CLICK), random.chance(A_RESTART)];
    const pid = await mainPid(backend, "node");
    const ended = bed.engine.docker(["wait", backend.containerId], { timeoutMs: 60_000 });
    if (step !== null) await traps.set({ step, moment, afterMs });
    // Handles rejections at once, because these promises are awaited only after the backend has exited.
    const clicks = Promise.allSettled([
      act(),
      ...(another ? [toggle(walk, place)] : []),
      ...(anew ? [restart(walk)] : []),
    ]);
    const early = new AbortController();
    const late = delay(step === null ? atMs : withinMs, undefined, { signal: early.signal });
    await Promise.race([ended, late.catch(() => undefined)]);
    early.abort();
    const hit = step === null ? moment : await traps.sprung();
    if (step === null || hit === null) killIfThere(pid);
    await ended;
    for (const click of await clicks) if (click.status === "rejected") throw click.reason;
    return hit;
  }

  return {
    crashes,
    violations,
    settle,
    async round(round, number) {
      const walk = { bed, places, random: random.fork(`crash ${number}`), settle };
      const step = round.step ?? (walk.random.chance(0.8) ? "forward" : "machine-start");
      const provocation = provoke(step, walk);
      const { place, prepare, undo } = provocation;
      const what = `crash ${number} (${round.moment} ${round.step ?? "a click"}, ${place.name})`;
      await prepare?.();
      const hit = await end(round, provocation, walk);
      const began = performance.now();
      await backend.start();
      await undo?.();
      const left = await comesRight(GIVE_UP_MS);
      const backMs = performance.now() - began;
      if (left.length > 0) await violated(`${what}: ${left.join("; ")}`);
      else await visit(place, what);
      crashes.push({ ...round, hit, backMs, seenMs: performance.now() - began });
      const lost = await twins();
      if (lost.length > 0) await violated(`${what}: in the tailnet there is also ${lost.join(", ")}`);
    },
  };
}

/** The trap may have killed it at this very moment. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
