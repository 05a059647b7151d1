import { findProgram, type RunOptions, type RunResult, run, tryRun } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";
import { type ComposeGeneration, composeProgram } from "./compose.ts";
import type { NetworkNamespace } from "./namespace.ts";
import { OWN_CLIENT, type OwnEngine } from "./own-engine.ts";
import { ownEngine } from "./own-engines.ts";
import { ensurePrograms, NEEDED } from "./packages.ts";
import { type OwnEngineName, wantedEngine } from "./wanted.ts";

export interface Engine {
  /** `unix:///…` or the value of DOCKER_HOST. */
  readonly host: string;
  /** Path of the engine's socket, or of a relay before it, on the engine's own machine. Containers mount this path. */
  readonly socketInEngine: string;
  /** The engine's process, if the test bed started it; null otherwise. Skip tests that stop the engine then. */
  readonly own: OwnEngine | null;
  /** Namespace of its containers' addresses and published ports; null for this process's namespace. */
  readonly namespace: NetworkNamespace | null;
  /** Whether it is Podman, with Docker's API. */
  readonly isPodman: boolean;
  readonly version: string;
  /** The newest API version that it supports, such as `1.41`. */
  readonly apiVersion: string;
  /** `amd64` or `arm64`. */
  readonly arch: string;
  /** Prefix and environment of every docker command line, for pipes. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Runs the docker client and returns stdout without the final line break. Rejects with `CommandError`. */
  docker(args: readonly string[], options?: RunOptions): Promise<string>;
  tryDocker(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs compose and returns stdout. Uses the engine's usual compose unless a generation is given. Rejects with `CommandError`. */
  compose(args: readonly string[], options?: ComposeOptions): Promise<string>;
  /** Runs compose and returns the result, whatever its exit code. */
  tryCompose(args: readonly string[], options?: ComposeOptions): Promise<RunResult>;
}

export interface ComposeOptions extends RunOptions {
  readonly generation?: ComposeGeneration;
}

/** Builds take minutes, but a hanging client must not block its caller forever. */
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
  const format =
    "{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Arch}} {{(index .Server.Components 0).Name}}";
  const [version = "", apiVersion = "", arch = "", name = ""] = (
    await run([...argv, "version", "-f", format], { env })
  )
    .trim()
    .split(" ");
  async function composeLine(
    args: readonly string[],
    { generation, env: extraEnv, ...options }: ComposeOptions = {},
  ): Promise<readonly [readonly string[], RunOptions]> {
    const program = await composeProgram({ argv, env, arch, given }, generation ?? null);
    return [[...program.argv, ...args], { ...options, env: { ...env, ...program.env, ...extraEnv } }];
  }
  return {
    host,
    socketInEngine: own?.socket ?? "/var/run/docker.sock",
    own,
    namespace,
    isPodman: name === "Podman",
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

/** Returns the engine at a host, if it is not ours. */
async function foreignEngine(host: string): Promise<Engine | null> {
  if ((await findProgram("docker")) === null) return null;
  if (!(await answers(["docker"], { ...process.env, DOCKER_HOST: host }))) return null;
  return await describe({ argv: ["docker"], host, own: null, namespace: null, compose: null });
}

/**
 * Opens an engine. With `wanted`, which defaults to `TESTBED_ENGINE`, opens our engine with that name. Otherwise opens the one that
 * answers at DOCKER_HOST or the default socket, or else Debian's. Starts ours on Linux as root. Rejects with a sentence when none
 * of that is possible.
 */
export async function openEngine(
  steps: Steps,
  wanted: OwnEngineName | null = wantedEngine(),
): Promise<Engine> {
  return steps.step(wanted === null ? "engine" : `engine ${wanted}`, async (note) => {
    const { own, namespace, compose } = ownEngine(wanted ?? "debian", steps);
    const host = process.env.DOCKER_HOST || "unix:///var/run/docker.sock";
    // The current engine can run beside others, because it has its own firewall.
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
