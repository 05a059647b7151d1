import { findProgram, type RunOptions, type RunResult, run, tryRun } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";
import { createOwnEngine, OWN_CLIENT, OWN_HOST, type OwnEngine, ownEngineAnswers } from "./own-engine.ts";
import { ensurePrograms, NEEDED } from "./packages.ts";

export interface Engine {
  /** `unix:///…` or whatever DOCKER_HOST says. */
  readonly host: string;
  /** Path of the engine's socket as the engine's own machine sees it: what a container mounts. */
  readonly socketInEngine: string;
  /** Null when somebody else's engine is used: tests that stop it must be skipped. */
  readonly own: OwnEngine | null;
  readonly version: string;
  /** `amd64` or `arm64`. */
  readonly arch: string;
  /** Start of every docker command line, and its environment: for pipes. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Runs the docker client; answers stdout without the final line break. Rejects with `CommandError`. */
  docker(args: readonly string[], options?: RunOptions): Promise<string>;
  tryDocker(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  compose(args: readonly string[], options?: RunOptions): Promise<string>;
}

async function answers(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const result = await tryRun([...argv, "version", "-f", "{{.Server.Version}}"], {
    env,
    timeoutMs: 10_000,
  }).catch(() => null);
  return result?.code === 0;
}

async function composeArgv(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const plugin = await tryRun([...argv, "compose", "version"], { env });
  // An old client takes 'compose' for an unknown command and prints its help; that counts as no plug-in.
  if (plugin.code === 0 && /version/i.test(plugin.stdout)) return [...argv, "compose"];
  if ((await findProgram("docker-compose")) !== null) return ["docker-compose"];
  throw new Error("neither `docker compose` nor `docker-compose` is there: install one of them.");
}

async function describe(argv: readonly string[], host: string, own: OwnEngine | null): Promise<Engine> {
  const env = { ...process.env, DOCKER_BUILDKIT: "1", DOCKER_HOST: host, COMPOSE_ANSI: "never" };
  const [version = "", arch = ""] = (
    await run([...argv, "version", "-f", "{{.Server.Version}} {{.Server.Arch}}"], { env })
  )
    .trim()
    .split(" ");
  const compose = await composeArgv(argv, env);
  return {
    host,
    socketInEngine: own?.socket ?? "/var/run/docker.sock",
    own,
    version,
    arch,
    argv,
    env,
    docker: async (args, options) => (await run([...argv, ...args], { env, ...options })).trimEnd(),
    tryDocker: (args, options) => tryRun([...argv, ...args], { env, ...options }),
    compose: async (args, options) => {
      const overlay = options?.env === undefined ? env : { ...env, ...options.env };
      return (await run([...compose, ...args], { ...options, env: overlay })).trimEnd();
    },
  };
}

/**
 * An engine to work on: the one that answers at DOCKER_HOST or the default socket, else our own, which is started where
 * this is bare Linux and we are root. Rejects with a sentence where neither is possible.
 */
export async function openEngine(steps: Steps): Promise<Engine> {
  return steps.step("engine", async (note) => {
    const host = process.env.DOCKER_HOST || "unix:///var/run/docker.sock";
    if (host !== OWN_HOST && (await findProgram("docker")) !== null) {
      if (await answers(["docker"], { ...process.env, DOCKER_HOST: host })) {
        const engine = await describe(["docker"], host, null);
        note(`using the one that answers at ${host}, ${engine.version}`);
        return engine;
      }
    }
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      throw new Error(`no engine answers at ${host}. Start Docker and run this again.`);
    }
    await ensurePrograms(NEEDED.engine, steps);
    const own = createOwnEngine();
    const running = await ownEngineAnswers();
    await own.start();
    const engine = await describe([OWN_CLIENT, "-H", OWN_HOST], OWN_HOST, own);
    note(
      `${running ? "using our own, still running" : "started our own"}, ${engine.version}, at ${OWN_HOST}`,
    );
    return engine;
  });
}
