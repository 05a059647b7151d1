import { SECRET_COMMAND } from "@tailnet-share/contract/access";
import type { Engine } from "../engine/engine.ts";
import type { RunResult } from "../lib/run.ts";

/** Controls the installed extension's backend container. */
export interface Backend {
  /** Full container ID. It stays the same across restarts. */
  readonly containerId: string;
  /** Runs a program of the image, e.g. `["node", "-e", "…"]`, and ignores its exit code. */
  exec(argv: readonly string[], options?: { readonly timeoutMs?: number }): Promise<RunResult>;
  /** The secret that each request over its socket needs. */
  secret(): Promise<string>;
  logs(): Promise<string>;
  restart(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Kills a program in it with SIGKILL from outside, as the out-of-memory killer would. Defaults to `node`. */
  kill(program?: string): Promise<void>;
  /** PIDs on this machine of a program in the container. */
  pidsOf(program: string): Promise<readonly number[]>;
  startCount(): Promise<number>;
}

export function createBackend(engine: Engine, containerId: string): Backend {
  async function pidsOf(program: string): Promise<readonly number[]> {
    const table = await engine.docker(["top", containerId, "-eo", "pid,comm,args"]);
    return table
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const [pid, , path] = line.trim().split(/\s+/);
        // Match the path: Node renames its own main thread, and init's arguments also contain the program's name.
        return path !== undefined && path.split("/").at(-1) === program ? [Number(pid)] : [];
      });
  }

  const exec: Backend["exec"] = async (argv, { timeoutMs = 15_000 } = {}) =>
    await engine.tryDocker(["exec", containerId, ...argv], { timeoutMs });

  return {
    containerId,
    pidsOf,
    exec,
    async secret() {
      const { stdout } = await exec(SECRET_COMMAND);
      if (stdout === "") throw new Error("the backend has no secret yet");
      return stdout;
    },
    async logs() {
      const { stdout, stderr } = await engine.tryDocker(["logs", containerId]);
      return stdout + stderr;
    },
    restart: async () => void (await engine.docker(["restart", "-t", "10", containerId])),
    stop: async () => void (await engine.docker(["stop", "-t", "10", containerId])),
    start: async () => void (await engine.docker(["start", containerId])),
    async kill(program = "node") {
      if (engine.own === null)
        throw new Error("killing a process by its PID needs an engine on this machine");
      const pids = await pidsOf(program);
      if (pids.length === 0) throw new Error(`no ${program} runs in the backend`);
      // Not `docker kill`: the engine would treat that as a manual stop and not restart the container.
      for (const pid of pids) process.kill(pid, "SIGKILL");
    },
    startCount: async () => Number(await engine.docker(["inspect", "-f", "{{.RestartCount}}", containerId])),
  };
}
