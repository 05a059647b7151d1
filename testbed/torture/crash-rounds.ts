import { setTimeout as delay } from "node:timers/promises";
import { mainPid } from "../bench/processes.ts";
import type { Bed } from "../src/bed.ts";
import { readActualState } from "./actual-state.ts";
import type { CrashPoints, Moment } from "./crash-point.ts";
import type { TortureContext } from "./part.ts";
import {
  type Provocation,
  type Provoker,
  provoke,
  restart,
  type StepKind,
  shortest,
  toggle,
} from "./provoke.ts";
import {
  actualStateDifferences,
  addressOf,
  adopt,
  namesOf,
  snapshotDifferences,
  type ToggledContainer,
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

/** A planned crash. Without a step, it happens at a random time after a click. */
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

export interface CrashRounds {
  readonly crashes: readonly Crash[];
  readonly violations: readonly string[];
  readonly settle: () => Promise<void>;
  /** Kills the backend once and checks that it converges to what is wanted. */
  round(round: Round, number: number): Promise<void>;
}

interface Tools {
  readonly bed: Bed;
  readonly containers: readonly ToggledContainer[];
  readonly crashPoints: CrashPoints;
  readonly installation: string;
  readonly context: TortureContext;
}

export function createCrashRounds(tools: Tools): CrashRounds {
  const { bed, containers, context } = tools;
  const { random, steps } = context;
  const { backend } = bed.desktop;
  const crashes: Crash[] = [];
  const violations: string[] = [];

  async function settle(): Promise<void> {
    const differencesLeft = await waitUntilWanted(tools, GIVE_UP_MS);
    if (differencesLeft.length > 0) throw new Error(`without any crash: ${differencesLeft.join("; ")}`);
  }

  async function recordViolation(what: string): Promise<void> {
    violations.push(what);
    const lines = (await backend.logs()).split("\n").filter((line) => !line.includes("tailscaled.line"));
    steps.say([`! ${what}`, ...lines.slice(-LAST_LINES)].join("\n    "));
  }

  return {
    crashes,
    violations,
    settle,
    async round(round, number) {
      const provoker = { bed, containers, random: random.fork(`crash ${number}`), settle };
      const step = round.step ?? (provoker.random.chance(0.8) ? "forward" : "machine-start");
      const provocation = provoke(step, provoker);
      const { container, prepare, undo } = provocation;
      const what = `crash ${number} (${round.moment} ${round.step ?? "a click"}, ${container.name})`;
      await prepare?.();
      const hit = await crash(tools, round, provocation, provoker);
      const began = performance.now();
      await backend.start();
      await undo?.();
      const differencesLeft = await waitUntilWanted(tools, GIVE_UP_MS);
      const backMs = performance.now() - began;
      const wrong = differencesLeft.length > 0 ? differencesLeft.join("; ") : await visit(tools, container);
      if (wrong !== null) await recordViolation(`${what}: ${wrong}`);
      crashes.push({ ...round, hit, backMs, seenMs: performance.now() - began });
      const lost = await unexpectedDevices(tools);
      if (lost.length > 0) await recordViolation(`${what}: in the tailnet there is also ${lost.join(", ")}`);
    },
  };
}

/** Waits until the state matches what is wanted. Returns the remaining differences after `ms`. */
async function waitUntilWanted(tools: Tools, ms: number): Promise<readonly string[]> {
  const deadline = performance.now() + ms;
  for (;;) {
    const found = await differences(tools).catch((error: unknown) => [String(error)]);
    if (found.length === 0 || performance.now() >= deadline || tools.context.signal.aborted) return found;
    await delay(POLL_MS);
  }
}

async function differences({ bed, containers, installation }: Tools): Promise<readonly string[]> {
  const snapshot = await bed.api.snapshot();
  adopt(containers, snapshot);
  const shown = snapshotDifferences(containers, snapshot);
  if (shown.length > 0) return shown;
  const actual = await readActualState(bed, installation);
  return actualStateDifferences(containers, actual, bed.tailnet.network.name);
}

/** Devices of a lost or duplicated machine, which would appear under another name. */
async function unexpectedDevices({ bed, containers }: Tools): Promise<readonly string[]> {
  const known = new Set(["docker", "phone", ...containers.flatMap(namesOf)]);
  const devices = await bed.tailnet.control.loggedIn();
  return devices.filter((name, index) => !known.has(name) || devices.indexOf(name) !== index);
}

/** Waits until another device sees the state that the kernel and the engine report. Returns what it sees instead; null if it does. */
async function visit({ bed, context }: Tools, container: ToggledContainer): Promise<string | null> {
  const on = addressOf(container) !== null;
  const address = addressOf(container) ?? `http://docker.tail.test:${container.nodePort}`;
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    const answer = await bed.peer.fetch(address, { timeoutMs: 3_000 });
    if (on ? answer.ok : !answer.ok && answer.reason === "refused") return null;
    const seen = answer.ok ? `answers ${answer.status}` : answer.reason;
    if (performance.now() >= deadline || context.signal.aborted)
      return `its share is ${on ? "on" : "off"}, and to another device ${address} ${seen}`;
  }
}

/** Clicks and waits until the backend has exited. Returns the moment of the crash. */
async function crash(
  { bed, crashPoints }: Tools,
  { step, moment }: Round,
  { container, act, withinMs }: Provocation,
  provoker: Provoker,
): Promise<Moment | null> {
  const { backend } = bed.desktop;
  const { random } = provoker;
  const [afterMs, atMs] = [step === null ? 0 : random.below(shortest(step)), random.below(RANDOM_MS)];
  const [clicksAgain, restarts] = [random.chance(ANOTHER_CLICK), random.chance(A_RESTART)];
  const pid = await mainPid(backend, "node");
  const ended = bed.engine.docker(["wait", backend.containerId], { timeoutMs: 60_000 });
  if (step !== null) await crashPoints.set({ step, moment, afterMs });
  // Handles rejections at once, because these promises are awaited only after the backend has exited.
  const clicks = Promise.allSettled([
    act(),
    ...(clicksAgain ? [toggle(provoker, container)] : []),
    ...(restarts ? [restart(provoker)] : []),
  ]);
  const early = new AbortController();
  const timeout = delay(step === null ? atMs : withinMs, undefined, { signal: early.signal });
  await Promise.race([ended, timeout.catch(() => undefined)]);
  early.abort();
  const hit = step === null ? moment : await crashPoints.reached();
  if (step === null || hit === null) killIfRunning(pid);
  await ended;
  for (const click of await clicks) if (click.status === "rejected") throw click.reason;
  return hit;
}

/** The crash point may have killed it at this very moment. */
function killIfRunning(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
