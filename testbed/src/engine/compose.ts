import { join } from "node:path";
import { buildGoProgram, builtGoProgram, type GoProgram } from "../images/go-binaries.ts";
import { findProgram, tryRun } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";

/** 1 is Python's `docker-compose`. 2 is the one in Go, including its later major versions. They shut down a project differently. */
export type ComposeGeneration = 1 | 2;

export const COMPOSE_GENERATIONS: readonly ComposeGeneration[] = [1, 2];

export interface ComposeProgram {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** The last of version 2, which most users have. Debian's package is version 1. */
const COMPOSE_V2: GoProgram = {
  name: "compose",
  module: "github.com/docker/compose/v2",
  version: "v2.40.3",
  packages: ["github.com/docker/compose/v2/cmd"],
  variables: { "github.com/docker/compose/v2/internal.Version": "v2.40.3" },
};

/** Version 1 needs data that containerd's image store doesn't provide. Users of a current engine have this version. */
const COMPOSE_V5: GoProgram = {
  name: "compose",
  module: "github.com/docker/compose/v5",
  version: "v5.0.1",
  packages: ["github.com/docker/compose/v5/cmd"],
  variables: { "github.com/docker/compose/v5/internal.Version": "v5.0.1" },
};

/** The compose program of a current engine, built when missing. Without a name it runs as `docker-compose` does. */
export async function currentCompose(arch: string, steps: Steps): Promise<readonly string[]> {
  return [join(await buildGoProgram(COMPOSE_V5, arch, steps), "cmd")];
}

/** Builds the compose that one of our engines needs to run specs with both generations. Takes minutes, once. */
export async function openComposeV2(arch: string, steps: Steps): Promise<void> {
  await buildGoProgram(COMPOSE_V2, arch, steps);
}

async function plugin(client: readonly string[], env: NodeJS.ProcessEnv): Promise<readonly string[] | null> {
  const answer = await tryRun([...client, "compose", "version"], { env });
  // An old client prints its help for the unknown command 'compose', which does not count as a plug-in.
  return answer.code === 0 && /version/i.test(answer.stdout) ? [...client, "compose"] : null;
}

/** The compose program on this machine, of either generation. */
async function usualCompose(client: readonly string[], env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const found = await plugin(client, env);
  if (found !== null) return found;
  if ((await findProgram("docker-compose")) !== null) return ["docker-compose"];
  throw new Error("neither `docker compose` nor `docker-compose` is there: install one of them.");
}

async function composeV1(env: NodeJS.ProcessEnv): Promise<ComposeProgram | null> {
  const answer = await tryRun(["docker-compose", "version", "--short"], { env }).catch(() => null);
  if (answer?.code !== 0 || !answer.stdout.startsWith("1.")) return null;
  // Compose's default API version is too old for a current engine.
  return { argv: ["docker-compose"], env: { COMPOSE_API_VERSION: "1.41" } };
}

interface Client {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly arch: string;
  /** The engine's own program; null for the one on this machine. */
  readonly given: readonly string[] | null;
}

/**
 * Finds the compose program of a generation, or the engine's usual one. Rejects with a sentence when it is missing: specs over both
 * generations need the set-up of `npm test`.
 */
export async function composeProgram(
  { argv, env, arch, given }: Client,
  generation: ComposeGeneration | null,
): Promise<ComposeProgram> {
  if (generation === null) return { argv: given ?? (await usualCompose(argv, env)), env: {} };
  if (generation === 1) {
    const found = await composeV1(env);
    if (found !== null) return found;
    throw new Error("`docker-compose` of version 1 is not there: install Debian's package docker-compose.");
  }
  const found = given ?? (await plugin(argv, env));
  if (found !== null) return { argv: found, env: {} };
  const built = await builtGoProgram(COMPOSE_V2, arch);
  if (built === null)
    throw new Error(`compose ${COMPOSE_V2.version} is not built yet: \`npm test\` does that.`);
  return { argv: [join(built, "cmd")], env: {} };
}
