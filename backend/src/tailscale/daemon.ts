import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "pino";
import { PROXY_VARIABLE } from "../control/proxy.ts";
import { aborted } from "../lib/aborted.ts";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { createLineBuffer } from "../lib/text-lines.ts";
import { answerInTime, type Condition, type SignOfLife, watchHeartbeat } from "./heartbeat.ts";
import { TAILNET_INTERFACE, WIREGUARD_PORT } from "./interface.ts";

export type DaemonEvent =
  | { kind: "daemon-starting" }
  | { kind: "daemon-running" }
  /** How it does, whenever that has changed. */
  | { kind: "daemon-condition"; condition: Condition }
  | { kind: "daemon-exited"; exits: number };

export interface Daemon {
  /** Starts the daemon again whenever it ends, until the signal; resolves when it has ended for good. Never two at once. */
  supervise(onEvent: (event: DaemonEvent) => void, signal: AbortSignal): Promise<void>;
  /**
   * Does `work` between the end of one daemon and the start of the next; it may touch the state directory then. Rejects when
   * `work` does, and when nobody supervises; the daemon is started again in any case.
   */
  whileStopped(work: () => Promise<void>): Promise<void>;
  /** Its last lines, the newest at the end. */
  lastLines(): readonly string[];
}

export interface DaemonOptions {
  mode: "kernel" | "userspace";
  socketPath: string;
  /** Identity, preferences and certificates. */
  stateDirectory: string;
  environment: NodeJS.ProcessEnv;
  /** Asks the daemon on its socket; rejects when it does not answer. */
  signOfLife: (signal: AbortSignal) => Promise<SignOfLife>;
  /** Whether somebody looks at what is shown of it. Left out, somebody always does. */
  watched?: () => boolean;
  clock: Clock;
  log: Logger;
}

/** Up for this long, a daemon counts as healthy: the next exit starts counting anew. */
const HEALTHY_MS = 30_000;
/** A daemon answers within a second of its start, on a machine that is busy within some more. Later it is said to be silent. */
const SLOW_MS = 10_000;
/** One that has not answered by then hangs, and is ended. Milliseconds. */
const COMES_UP_MS = 30_000;
const ANSWER_MS = 3_000;
/** tailscaled takes its rules and routes back within this time; afterwards it is killed. */
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
  /** Ends the daemon of now, and only it; null while nobody supervises. */
  let interruption: AbortController | null = null;
  const betweenTwo: (() => Promise<void>)[] = [];

  /** Resolves when it has ended, with the milliseconds for which it answered. */
  async function runOnce(onEvent: (event: DaemonEvent) => void, signal: AbortSignal): Promise<number> {
    await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
    await mkdir(dirname(socketPath), { recursive: true });
    // A socket that a killed daemon left behind would take connections from nobody.
    await rm(socketPath, { force: true });
    onEvent({ kind: "daemon-starting" });
    const child = spawn("tailscaled", daemonArguments({ mode, socketPath, stateDirectory }), {
      // Descriptor 3 closes when this process dies in any way, and takes the daemon with it.
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

  /** Tells when the daemon answers for the first time, and follows it from then on. One that hangs for good is ended. */
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
    // What hangs may not hear a request to end either.
    child.kill("SIGKILL");
  }

  /** Resolves whether it has answered; `onChange` hears of one that takes its time. */
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

  /** Also what comes while the work before it is done. */
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

/** Command line of tailscaled. `--no-logs-no-support`: nothing about a user's machine goes to anybody. */
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

/** Only what tailscaled needs, its own switches and the way out: an extension's environment may hold anything. */
export function daemonEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = Object.entries(environment).filter(
    ([name]) =>
      name === "PATH" || name === "SSL_CERT_FILE" || name.startsWith("TS_") || PROXY_VARIABLE.test(name),
  );
  return { ...Object.fromEntries(passed), HOME: "/tmp", TS_PARENT_DEATH_FD: "3" };
}
