import { findProgram, type RunOptions, type RunResult, run, tryRun } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";
import { type ComposeGeneration, composeProgram } from "./compose.ts";
import type { NetworkNamespace } from "./namespace.ts";
import { OWN_CLIENT, type OwnEngine } from "./own-engine.ts";
import { ownEngine } from "./own-engines.ts";
import { ensurePrograms, NEEDED } from "./packages.ts";
import { type OwnEngineName, wantedEngine } from "./wanted.ts";

export interface Engine {
  /** `unix:///…` or whatever DOCKER_HOST says. */
  readonly host: string;
  /** Path of the engine's socket, or of a relay before it, as the engine's own machine sees it: what a container mounts. */
  readonly socketInEngine: string;
  /** Null when somebody else's engine is used: tests that stop it must be skipped. */
  readonly own: OwnEngine | null;
  /** Where its containers' addresses and published ports are; null when that is here. */
  readonly namespace: NetworkNamespace | null;
  readonly version: string;
  /** The newest that it speaks, such as `1.41`. */
  readonly apiVersion: string;
  /** `amd64` or `arm64`. */
  readonly arch: string;
  /** Start of every docker command line, and its environment: for pipes. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Runs the docker client; answers stdout without the final line break. Rejects with `CommandError`. */
  docker(args: readonly string[], options?: RunOptions): Promise<string>;
  tryDocker(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs compose, the usual one unless a generation is asked for; answers stdout. Rejects with `CommandError`. */
  compose(args: readonly string[], options?: ComposeOptions): Promise<string>;
  /** The same whatever its exit code. */
  tryCompose(args: readonly string[], options?: ComposeOptions): Promise<RunResult>;
}

export interface ComposeOptions extends RunOptions {
  readonly generation?: ComposeGeneration;
}

/** Builds take minutes; a client that hangs must not hang whoever called it for ever. */
const LONGEST_COMMAND_MS = 30 * 60_000;

async function answers(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const result = await tryRun([...argv, "version", "-f", "{{.Server.Version}}"], {
    env,
    timeoutMs: 10_000,
  }).catch(() => null);
  return result?.code === 0;
}

interface Found {
  readonly argv: readonly string[];
  readonly host: string;
  readonly own: OwnEngine | null;
  readonly namespace: NetworkNamespace | null;
  /** The compose command; null for the one on this machine. */
  readonly compose: readonly string[] | null;
}

async function describe({ argv, host, own, namespace, compose: given }: Found): Promise<Engine> {
  const env = {
    ...process.env,
    DOCKER_BUILDKIT: "1",
    DOCKER_HOST: host,
    COMPOSE_ANSI: "never",
  };
  const timeoutMs = LONGEST_COMMAND_MS;
  const format = "{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Arch}}";
  const [version = "", apiVersion = "", arch = ""] = (await run([...argv, "version", "-f", format], { env }))
    .trim()
    .split(" ");
  async function composeLine(
    args: readonly string[],
    { generation, env: more, ...options }: ComposeOptions = {},
  ): Promise<readonly [readonly string[], RunOptions]> {
    const program = await composeProgram({ argv, env, arch, given }, generation ?? null);
    return [[...program.argv, ...args], { ...options, env: { ...env, ...program.env, ...more } }];
  }
  return {
    host,
    socketInEngine: own?.socket ?? "/var/run/docker.sock",
    own,
    namespace,
    version,
    apiVersion,
    arch,
    argv,
    env,
    docker: async (args, options) =>
      (await run([...argv, ...args], { env, timeoutMs, ...options })).trimEnd(),
    tryDocker: (args, options) => tryRun([...argv, ...args], { env, timeoutMs, ...options }),
    compose: async (args, options) => (await run(...(await composeLine(args, options)))).trimEnd(),
    tryCompose: async (args, options) => await tryRun(...(await composeLine(args, options))),
  };
}

/** The engine that answers at a host and is none of ours. */
async function foreignEngine(host: string): Promise<Engine | null> {
  if ((await findProgram("docker")) === null) return null;
  if (!(await answers(["docker"], { ...process.env, DOCKER_HOST: host }))) return null;
  return await describe({ argv: ["docker"], host, own: null, namespace: null, compose: null });
}

/**
 * An engine to work on. With `wanted`, which `TESTBED_ENGINE` says unless told, the one of ours with that name. Without, the one
 * that answers at DOCKER_HOST or the default socket, else Debian's. Ours are started where this is Linux and we are root.
 * Rejects with a sentence where nothing of that is possible.
 */
export async function openEngine(
  steps: Steps,
  wanted: OwnEngineName | null = wantedEngine(),
): Promise<Engine> {
  return steps.step(wanted === null ? "engine" : `engine ${wanted}`, async (note) => {
    const { own, namespace, compose } = ownEngine(wanted ?? "debian", steps);
    const host = process.env.DOCKER_HOST || "unix:///var/run/docker.sock";
    // The current one does not mind others: it has a firewall of its own.
    const foreign = wanted === "current" || host === own.host ? null : await foreignEngine(host);
    if (foreign !== null && wanted === null) {
      note(`using the one that answers at ${host}, ${foreign.version}`);
      return foreign;
    }
    if (foreign !== null) {
      throw new Error(`another engine answers at ${host}: two would take each other's firewall rules away.`);
    }
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      throw new Error(
        wanted === null
          ? `no engine answers at ${host}. Start Docker and run this again.`
          : `the engine ${wanted} is started by root on Linux only.`,
      );
    }
    await ensurePrograms(NEEDED.engine, steps);
    const running = await own.answers();
    await own.start();
    const argv = [OWN_CLIENT, "-H", own.host];
    const engine = await describe({ argv, host: own.host, own, namespace, compose: await compose() });
    note(
      `${running ? "using our own, still running" : "started our own"}, ${engine.version}, at ${own.host}`,
    );
    return engine;
  });
}
