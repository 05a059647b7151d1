import { spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "pino";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { createLineBuffer } from "../lib/text-lines.ts";
import { TAILNET_INTERFACE, WIREGUARD_PORT } from "./interface.ts";

export type DaemonEvent =
  | { kind: "daemon-starting" }
  | { kind: "daemon-running" }
  | { kind: "daemon-exited"; exits: number };

export interface Daemon {
  /** Starts the daemon again whenever it ends, until the signal; resolves when it has ended for good. Never two at once. */
  supervise(onEvent: (event: DaemonEvent) => void, signal: AbortSignal): Promise<void>;
  /** Its last lines, the newest at the end. */
  lastLines(): readonly string[];
}

export interface DaemonOptions {
  mode: "kernel" | "userspace";
  socketPath: string;
  /** Identity, preferences and certificates. */
  stateDirectory: string;
  environment: NodeJS.ProcessEnv;
  /** Whether the daemon answers on its socket. */
  isUp: (signal: AbortSignal) => Promise<boolean>;
  clock: Clock;
  log: Logger;
}

/** Up for this long, a daemon counts as healthy: the next exit starts counting anew. */
const HEALTHY_MS = 30_000;
/** tailscaled takes its rules and routes back within this time; afterwards it is killed. */
const STOP_MS = 5_000;
const KEPT_LINES = 200;

export function createDaemon({
  mode,
  socketPath,
  stateDirectory,
  environment,
  isUp,
  clock,
  log,
}: DaemonOptions): Daemon {
  const output = createLineBuffer(KEPT_LINES);

  async function runOnce(onEvent: (event: DaemonEvent) => void, signal: AbortSignal): Promise<void> {
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
        log.error({ err }, "tailscaled could not be started");
        resolve();
      });
      child.on("exit", (code, cause) => {
        log.info({ code, cause }, "tailscaled ended");
        resolve();
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        for (const line of output.add(text)) log.debug({ line }, "tailscaled says");
      });
    }
    const stop = () => child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const over = new AbortController();
    const polling = announce(onEvent, AbortSignal.any([signal, over.signal]));
    await Promise.race([
      ended,
      aborted(signal).then(async () => await Promise.race([ended, clock.sleep(STOP_MS)])),
    ]);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
    over.abort();
    signal.removeEventListener("abort", stop);
    await polling;
  }

  /** tailscaled creates its socket late; asking before that fails. */
  async function announce(onEvent: (event: DaemonEvent) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await isUp(signal).catch(() => false)) {
        onEvent({ kind: "daemon-running" });
        return;
      }
      await clock.sleep(20, signal).catch(() => undefined);
    }
  }

  return {
    lastLines: output.lines,
    async supervise(onEvent, signal) {
      let exits = 0;
      while (!signal.aborted) {
        const startedAt = clock.now();
        await runOnce(onEvent, signal);
        if (signal.aborted) return;
        exits = clock.now() - startedAt >= HEALTHY_MS ? 1 : exits + 1;
        onEvent({ kind: "daemon-exited", exits });
        await clock.sleep(backoffDelay(exits, { first: 100 }), signal).catch(() => undefined);
      }
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

/** Only what tailscaled needs, and its own switches: an extension's environment may hold anything. */
export function daemonEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = Object.entries(environment).filter(([name]) => name === "PATH" || name.startsWith("TS_"));
  return { ...Object.fromEntries(passed), HOME: "/tmp", TS_PARENT_DEATH_FD: "3" };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
