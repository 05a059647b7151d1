import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { cacheFolder } from "../lib/cache.ts";
import { run, tryRun } from "../lib/run.ts";
import { waitFor } from "../lib/wait-for.ts";

const RUN_FOLDER = "/run/tailnet-share";
const SOCKET = `${RUN_FOLDER}/docker.sock`;
const PID_FILE = `${RUN_FOLDER}/docker.pid`;
export const OWN_HOST = `unix://${SOCKET}`;
/** Debian's client: another one earlier on PATH may be newer than this engine and want plug-ins that are not there. */
export const OWN_CLIENT = "/usr/bin/docker";

/** The engine that the test bed starts where none answers. */
export interface OwnEngine {
  /** Path of the engine's socket on this machine. */
  readonly socket: string;
  readonly logFile: string;
  /** Ends dockerd with SIGTERM and waits for its end; containers stop with it. */
  stop(): Promise<void>;
  /** Starts dockerd unless it runs, and waits until it answers. */
  start(): Promise<void>;
  restart(): Promise<void>;
}

async function ownPid(): Promise<number | null> {
  const text = await readFile(PID_FILE, "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid)) return null;
  // A pid file outlives a crash, and its number may belong to another program by now.
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return command.includes("dockerd") && command.includes(SOCKET) ? pid : null;
}

/** The path to the internet may carry smaller packets than Ethernet; a bridge must not promise more. */
async function mtuOfDefaultRoute(): Promise<number> {
  // Not from the `ip` program: a bare machine does not have it. Columns: interface, destination, …
  const routes = (await readFile("/proc/net/route", "utf8")).split("\n").map((line) => line.split("\t"));
  const device = routes.find(([, destination]) => destination === "00000000")?.[0];
  if (device === undefined) return 1500;
  return Number.parseInt(await readFile(`/sys/class/net/${device}/mtu`, "utf8"), 10);
}

export async function ownEngineAnswers(): Promise<boolean> {
  const result = await tryRun([OWN_CLIENT, "-H", OWN_HOST, "version", "-f", "{{.Server.Version}}"], {
    timeoutMs: 5_000,
  }).catch(() => null);
  return result?.code === 0;
}

export function createOwnEngine(): OwnEngine {
  const logFile = `${cacheFolder()}/dockerd.log`;

  async function start(): Promise<void> {
    if ((await ownPid()) === null) {
      mkdirSync(RUN_FOLDER, { recursive: true });
      const log = openSync(logFile, "a");
      // Detached: the engine and its images outlive this run, so that the next one takes seconds.
      const daemon = spawn(
        "dockerd",
        [
          `--host=${OWN_HOST}`,
          `--pidfile=${PID_FILE}`,
          `--exec-root=${RUN_FOLDER}/exec`,
          `--data-root=${cacheFolder("docker")}`,
          `--mtu=${await mtuOfDefaultRoute()}`,
        ],
        { detached: true, stdio: ["ignore", log, log] },
      );
      closeSync(log);
      daemon.on("error", () => {});
      daemon.unref();
    }
    await waitFor(ownEngineAnswers, {
      what: `dockerd to answer (its log: ${logFile})`,
      timeoutMs: 60_000,
      everyMs: 200,
    });
  }

  async function stop(): Promise<void> {
    const pid = await ownPid();
    if (pid === null) return;
    process.kill(pid, "SIGTERM");
    await waitFor(async () => (await ownPid()) === null, {
      what: `dockerd (${pid}) to end`,
      timeoutMs: 60_000,
    });
    await run(["rm", "-f", SOCKET]);
  }

  return {
    socket: SOCKET,
    logFile,
    start,
    stop,
    async restart() {
      await stop();
      await start();
    },
  };
}
