import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { pause, within } from "../../lib/timing.ts";
import { type Purpose, type TailscaledPaths, tailscaledArguments, tailscaledEnvironment } from "./command.ts";
import { answerInTime, type HeartbeatDependencies } from "./heartbeat.ts";

export interface LaunchOptions extends TailscaledPaths {
  purpose: Exclude<Purpose, { kind: "machine" }>;
  /** The backend's own. */
  environment: NodeJS.ProcessEnv;
  /** Takes the text that tailscaled prints, in pieces; omitted to discard it. */
  onOutput?: (text: string) => void;
}

export type Exit =
  | { kind: "unstartable"; err: Error }
  | { kind: "exited"; code: number | null; cause: NodeJS.Signals | null };

/** A tailscaled that is a child of the backend. */
export interface Tailscaled {
  /** Resolves when it has ended or could not be started. Never rejects. */
  readonly ended: Promise<Exit>;
  hasEnded(): boolean;
  /** Lets it remove its rules and routes, then kills it. Resolves when it has ended. */
  stop(clock: Clock): Promise<void>;
  /** Ends it at once: a hung one may ignore everything else. */
  kill(): void;
}

/** Grace period for tailscaled to remove its rules and routes before we kill it. Milliseconds. */
const STOP_MS = 5_000;

/** Starts tailscaled. It ends with the backend, however the backend ends. Rejects when the directories can't be made. */
export async function launch(options: LaunchOptions): Promise<Tailscaled> {
  const { purpose, stateDirectory, socketPath, environment, onOutput } = options;
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  await mkdir(dirname(socketPath), { recursive: true });
  // A killed daemon leaves its socket behind, where nothing answers.
  await rm(socketPath, { force: true });
  const output = onOutput === undefined ? "ignore" : "pipe";
  const child = spawn("tailscaled", tailscaledArguments(purpose, options), {
    // The last one is `TS_PARENT_DEATH_FD`: it closes however this process dies, and tailscaled exits with it.
    stdio: ["ignore", output, output, "pipe"],
    env: tailscaledEnvironment(purpose, environment),
  });
  if (onOutput !== undefined)
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", onOutput);
  return supervised(child);
}

function supervised(child: ChildProcess): Tailscaled {
  let isOver = false;
  const ended = new Promise<Exit>((resolve) => {
    const end = (exit: Exit): void => {
      isOver = true;
      resolve(exit);
    };
    child.on("error", (err) => end({ kind: "unstartable", err }));
    child.on("exit", (code, cause) => end({ kind: "exited", code, cause }));
  });
  return {
    ended,
    hasEnded: () => isOver,
    async stop(clock) {
      if (isOver) return;
      child.kill("SIGTERM");
      await within(ended, STOP_MS, { clock, otherwise: null });
      if (!isOver) child.kill("SIGKILL");
      await ended;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

export interface ComesUpOptions {
  /** Asks it on its socket. Rejects while it doesn't answer; may hang. */
  signOfLife: HeartbeatDependencies["signOfLife"];
  /** How long to wait. Milliseconds. */
  withinMs: number;
  /** Called once when it takes long. */
  onSlow?: () => void;
  clock: Clock;
}

/** tailscaled answers within a second of its start, or a few seconds on a busy machine. After this time it is slow. Milliseconds. */
const SLOW_MS = 10_000;
const ANSWER_MS = 3_000;
const POLL_MS = 20;

/** Waits until its LocalAPI answers. Returns whether it does: false after `withinMs`, when it has ended, and at the signal. */
export async function comesUp(
  tailscaled: Pick<Tailscaled, "hasEnded">,
  { signOfLife, withinMs, onSlow, clock }: ComesUpOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const startedAt = clock.monotonic();
  let isSlow = false;
  // tailscaled creates its socket late; asking before that fails.
  while (clock.monotonic() - startedAt < withinMs) {
    const sign = await answerInTime(signOfLife, ANSWER_MS, clock, signal);
    if (signal.aborted || tailscaled.hasEnded()) return false;
    if (sign !== null) return true;
    if (!isSlow && clock.monotonic() - startedAt >= SLOW_MS) {
      isSlow = true;
      onSlow?.();
    }
    await pause(POLL_MS, clock, signal);
  }
  return false;
}
