import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { removeStalePidFile, runningPid } from "../lib/pid-file.ts";
import { run, tryRun } from "../lib/run.ts";
import { waitFor } from "../lib/wait-for.ts";

/** Debian's client. Another one earlier on PATH may be newer than the engine and need missing plug-ins. */
export const OWN_CLIENT = "/usr/bin/docker";

/** Paths of an engine's files. Two engines that share nothing can run side by side. */
export interface OwnEnginePaths {
  /** For its socket, its PID file and other files that do not survive a reboot. */
  readonly runFolder: string;
  /** Images, containers and volumes; an absolute path. */
  readonly dataFolder: string;
  readonly logFile: string;
}

/** The daemon's command line, up to the flags that depend on the engine's place. */
export interface OwnEngineProgram {
  readonly argv: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Where a daemon keeps its files, and the MTU of its networks. */
interface Place extends ReturnType<typeof runtimeFiles> {
  readonly dataFolder: string;
  readonly mtu: number;
}

/** Differences between the programs that serve Docker's API. */
export interface Daemon {
  readonly name: string;
  flags(place: Place): readonly string[];
  /** `host`: as DOCKER_HOST expects it. */
  beforeStop(host: string): Promise<void>;
}

const DOCKERD: Daemon = {
  name: "dockerd",
  flags: ({ host, pidFile, execRoot, dataFolder, mtu }) => [
    `--host=${host}`,
    `--pidfile=${pidFile}`,
    `--exec-root=${execRoot}`,
    `--data-root=${dataFolder}`,
    `--mtu=${mtu}`,
  ],
  beforeStop: async () => await Promise.resolve(),
};

/** An engine that the test bed starts. */
export interface OwnEngine {
  /** Path of the engine's socket on this machine. */
  readonly socket: string;
  /** `unix:///…`, as DOCKER_HOST expects it. */
  readonly host: string;
  readonly logFile: string;
  answers(): Promise<boolean>;
  /** Stops the daemon with SIGTERM and waits for its exit. Its containers stop with it. */
  stop(): Promise<void>;
  /** Starts the daemon unless it runs, and waits until it answers. */
  start(): Promise<void>;
  /** Adds flags of the daemon, e.g. `--live-restore`, until the next restart. */
  restart(flags?: readonly string[]): Promise<void>;
}

/** The path to the internet may have a smaller MTU than Ethernet; a bridge must not exceed it. */
async function mtuOfDefaultRoute(): Promise<number> {
  // Avoid the `ip` program, which a minimal machine lacks. Columns: interface, destination, …
  const routes = (await readFile("/proc/net/route", "utf8")).split("\n").map((line) => line.split("\t"));
  const device = routes.find(([, destination]) => destination === "00000000")?.[0];
  if (device === undefined) return 1500;
  return Number.parseInt(await readFile(`/sys/class/net/${device}/mtu`, "utf8"), 10);
}

/** The end of a log file, to quote in an error. */
async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-5).join("\n");
}

/** Calls `program` only when the daemon must be started, because it may have to be built first. */
export function createOwnEngine(
  paths: OwnEnginePaths,
  program: () => Promise<OwnEngineProgram>,
  daemon = DOCKERD,
): OwnEngine {
  const { logFile } = paths;
  const files = runtimeFiles(paths);
  const { socket, host } = files;
  const ownPid = async () => await runningPid(files.pidFile, [daemon.name, socket]);

  async function answers(): Promise<boolean> {
    const result = await tryRun([OWN_CLIENT, "-H", host, "version", "-f", "{{.Server.Version}}"], {
      timeoutMs: 5_000,
    }).catch(() => null);
    return result?.code === 0;
  }

  async function start(extraFlags: readonly string[] = []): Promise<void> {
    const running = (await ownPid()) !== null;
    const started = running ? { ended: () => false } : await startDaemon(paths, daemon, program, extraFlags);
    await waitFor(async () => started.ended() || (await answers()), {
      what: `${daemon.name} to answer (its log: ${logFile})`,
      timeoutMs: 60_000,
      everyMs: 200,
    });
    if (started.ended()) throw new Error(`${daemon.name} ended at its start: ${await lastLines(logFile)}`);
  }

  async function stop(): Promise<void> {
    const pid = await ownPid();
    if (pid === null) return;
    await daemon.beforeStop(host);
    process.kill(pid, "SIGTERM");
    await waitFor(async () => (await ownPid()) === null, {
      what: `${daemon.name} (${pid}) to end`,
      timeoutMs: 60_000,
    });
    await run(["rm", "-f", socket]);
  }

  return {
    socket,
    host,
    logFile,
    answers,
    start: async () => await start(),
    stop,
    async restart(flags) {
      await stop();
      await start(flags);
    },
  };
}

/** Paths that a daemon needs while it runs. */
function runtimeFiles({ runFolder }: Pick<OwnEnginePaths, "runFolder">) {
  const socket = `${runFolder}/docker.sock`;
  return {
    socket,
    host: `unix://${socket}`,
    pidFile: `${runFolder}/docker.pid`,
    execRoot: `${runFolder}/exec`,
  };
}

/** Starts the daemon and doesn't wait for it. `ended` tells whether it has exited since. */
async function startDaemon(
  { runFolder, dataFolder, logFile }: OwnEnginePaths,
  daemon: Daemon,
  program: () => Promise<OwnEngineProgram>,
  extraFlags: readonly string[],
): Promise<{ ended(): boolean }> {
  const files = runtimeFiles({ runFolder });
  const { socket, pidFile, execRoot } = files;
  for (const folder of [runFolder, dataFolder]) mkdirSync(folder, { recursive: true });
  // dockerd trusts the PID in either file, whatever process has it. It would refuse to start, or wait for a containerd that does
  // not exist.
  await removeStalePidFile(pidFile, [daemon.name, socket]);
  await removeStalePidFile(`${execRoot}/containerd/containerd.pid`, ["containerd", execRoot]);
  const { argv, env = process.env } = await program();
  const [command = daemon.name, ...args] = argv;
  const flags = daemon.flags({ ...files, dataFolder, mtu: await mtuOfDefaultRoute() });
  const log = openSync(logFile, "a");
  // Detached: the engine and its images outlive this run, so that the next one starts in seconds.
  const child = spawn(command, [...args, ...flags, ...extraFlags], {
    detached: true,
    stdio: ["ignore", log, log],
    env,
  });
  closeSync(log);
  let ended = false;
  child.on("error", () => {});
  child.on("exit", () => {
    ended = true;
  });
  child.unref();
  return { ended: () => ended };
}
