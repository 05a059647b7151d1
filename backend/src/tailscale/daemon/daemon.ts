import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "pino";
import { PROXY_VARIABLE } from "../../control/proxy.ts";
import { aborted } from "../../lib/aborted.ts";
import { backoffDelay } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { createLineBuffer } from "../../lib/text-lines.ts";
import { answerInTime, type Condition, type SignOfLife, watchHeartbeat } from "./heartbeat.ts";
import { TAILNET_INTERFACE, WIREGUARD_PORT } from "./interface.ts";

export type DaemonEvent =
  | { kind: "daemon-starting" }
  | { kind: "daemon-running" }
  /** Emitted whenever the condition changes. */
  | { kind: "daemon-condition"; condition: Condition }
  | { kind: "daemon-exited"; exits: number };

export interface Daemon {
  /** Restarts the daemon whenever it exits, until the signal; resolves after the last exit. Never runs two at once. */
  supervise(onEvent: (event: DaemonEvent) => void, signal: AbortSignal): Promise<void>;
  /**
   * Runs `work` after one daemon exits and before the next starts, when it is safe to touch the state directory. Rejects when
   * `work` does, and when nothing supervises the daemon. The daemon restarts in either case.
   */
  whileStopped(work: () => Promise<void>): Promise<void>;
  /** The last lines of its output, newest last. */
  lastLines(): readonly string[];
}

export interface DaemonOptions {
  mode: "kernel" | "userspace";
  socketPath: string;
  /** Holds identity, preferences and certificates. */
  stateDirectory: string;
  environment: NodeJS.ProcessEnv;
  /** Asks the daemon on its socket; rejects when it doesn't answer. */
  signOfLife: (signal: AbortSignal) => Promise<SignOfLife>;
  /** Whether a panel is showing the result. Defaults to always. */
  watched?: () => boolean;
  clock: Clock;
  log: Logger;
}

/** A daemon that stays up this long counts as healthy: its exit resets the exit count. */
const HEALTHY_MS = 30_000;
/** A daemon answers within a second of its start, or a few seconds on a busy machine. After this time we report it as silent. */
const SLOW_MS = 10_000;
/** A daemon that hasn't answered by then hangs, so we kill it. Milliseconds. */
const COMES_UP_MS = 30_000;
const ANSWER_MS = 3_000;
/** Grace period for tailscaled to remove its rules and routes before we kill it. */
const STOP_MS = 5_000;
const KEPT_LINES = 200;

export function createDaemon({
  mode,
  socketPath,
  stateDirectory,
  environment,
  signOfLife,
  watched = () => true,
  clock,
  log,
}: DaemonOptions): Daemon {
  const output = createLineBuffer(KEPT_LINES);
  /** Stops only the current daemon; null while nothing supervises. */
  let interruption: AbortController | null = null;
  const betweenTwo: (() => Promise<void>)[] = [];

  /** Resolves after the exit with how long the daemon answered, in milliseconds. */
  async function runOnce(onEvent: (event: DaemonEvent) => void, signal: AbortSignal): Promise<number> {
    await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
    await mkdir(dirname(socketPath), { recursive: true });
    // A killed daemon leaves its socket behind, where nothing answers.
    await rm(socketPath, { force: true });
    onEvent({ kind: "daemon-starting" });
    const child = spawn("tailscaled", daemonArguments({ mode, socketPath, stateDirectory }), {
      // Descriptor 3 closes however this process dies, and the daemon exits with it.
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: daemonEnvironment(environment),
    });
    const ended = new Promise<void>((resolve) => {
      child.on("error", (err) => {
        log.error({ event: "tailscaled.unstartable", err }, "tailscaled could not be started");
        resolve();
      });
      child.on("exit", (code, cause) => {
        if (signal.aborted) log.info({ event: "tailscaled.stopped", code, cause }, "tailscaled was stopped");
        else log.warn({ event: "tailscaled.ended", code, cause }, "tailscaled ended unexpectedly");
        resolve();
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        for (const line of output.add(text)) log.debug({ event: "tailscaled.line", line }, "tailscaled says");
      });
    }
    const stop = () => child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const over = new AbortController();
    let upAt: number | null = null;
    const hear = (event: DaemonEvent): void => {
      if (event.kind === "daemon-running") upAt = clock.monotonic();
      onEvent(event);
    };
    const polling = follow(child, hear, AbortSignal.any([signal, over.signal]));
    await Promise.race([
      ended,
      aborted(signal).then(async () => await Promise.race([ended, clock.sleep(STOP_MS)])),
    ]);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
    over.abort();
    signal.removeEventListener("abort", stop);
    await polling;
    return upAt === null ? 0 : clock.monotonic() - upAt;
  }

  /** Reports the daemon's first answer, then watches its heartbeat. Kills a daemon that hangs for good. */
  async function follow(
    child: ChildProcess,
    onEvent: (event: DaemonEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const onChange = (condition: Condition): void => onEvent({ kind: "daemon-condition", condition });
    if (await comesUp(onChange, signal)) {
      onEvent({ kind: "daemon-running" });
      await watchHeartbeat({ signOfLife, onChange, watched, clock }, signal);
    }
    if (signal.aborted) return;
    log.warn({ event: "tailscaled.hangs" }, "tailscaled does not answer, and is started again");
    // A hung daemon may ignore SIGTERM.
    child.kill("SIGKILL");
  }

  /** Resolves with whether the daemon has answered; `onChange` reports one that is slow. */
  async function comesUp(onChange: (condition: Condition) => void, signal: AbortSignal): Promise<boolean> {
    const startedAt = clock.monotonic();
    let isSlow = false;
    // tailscaled creates its socket late; asking before that fails.
    while (clock.monotonic() - startedAt < COMES_UP_MS) {
      const sign = await answerInTime(signOfLife, ANSWER_MS, clock, signal);
      if (signal.aborted) return false;
      if (sign !== null) return true;
      if (!isSlow && clock.monotonic() - startedAt >= SLOW_MS) {
        isSlow = true;
        onChange("silent");
      }
      await clock.sleep(20, signal).catch(() => undefined);
    }
    return false;
  }

  /** Includes work that is queued while earlier work runs. */
  async function workBetweenTwo(): Promise<void> {
    for (let work = betweenTwo.shift(); work !== undefined; work = betweenTwo.shift()) await work();
  }

  return {
    lastLines: output.lines,
    async whileStopped(work) {
      if (interruption === null) throw new Error("tailscaled is not supervised");
      const done = new Promise<void>((resolve, reject) => {
        betweenTwo.push(async () => await work().then(resolve, reject));
      });
      interruption.abort();
      await done;
    },
    async supervise(onEvent, signal) {
      let exits = 0;
      while (!signal.aborted) {
        await workBetweenTwo();
        interruption = new AbortController();
        const untilInterrupted = AbortSignal.any([signal, interruption.signal]);
        const upFor = await runOnce(onEvent, untilInterrupted);
        if (signal.aborted) break;
        const wasHealthy = upFor >= HEALTHY_MS;
        if (interruption.signal.aborted) exits = 0;
        else exits = wasHealthy ? 1 : exits + 1;
        onEvent({ kind: "daemon-exited", exits });
        await clock
          .sleep(exits === 0 ? 0 : backoffDelay(exits, { first: 100 }), untilInterrupted)
          .catch(() => undefined);
      }
      interruption = null;
      await workBetweenTwo();
    },
  };
}

/** Command line of tailscaled. `--no-logs-no-support` sends nothing about the user's machine to anybody. */
export function daemonArguments({
  mode,
  socketPath,
  stateDirectory,
}: Pick<DaemonOptions, "mode" | "socketPath" | "stateDirectory">): string[] {
  return [
    `--statedir=${stateDirectory}`,
    `--socket=${socketPath}`,
    `--tun=${mode === "kernel" ? TAILNET_INTERFACE : "userspace-networking"}`,
    `--port=${WIREGUARD_PORT}`,
    "--no-logs-no-support",
  ];
}

/** Passes only tailscaled's own switches, certificate and proxy settings, and `PATH`: an extension's environment may hold anything. */
export function daemonEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = Object.entries(environment).filter(
    ([name]) =>
      name === "PATH" || name === "SSL_CERT_FILE" || name.startsWith("TS_") || PROXY_VARIABLE.test(name),
  );
  return { ...Object.fromEntries(passed), HOME: "/tmp", TS_PARENT_DEATH_FD: "3" };
}
