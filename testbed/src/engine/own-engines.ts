import { join } from "node:path";
import { cacheFolder } from "../lib/cache.ts";
import type { Steps } from "../lib/steps.ts";
import { currentCompose } from "./compose.ts";
import { currentEngineNamespace, currentEnginePaths, currentEngineProgram } from "./current-engine.ts";
import { type NetworkNamespace, networkNamespace } from "./namespace.ts";
import { createOwnEngine, type OwnEngine } from "./own-engine.ts";
import { ensurePrograms, NEEDED } from "./packages.ts";
import { PODMAN_RELEASES, PODMAN_SERVICE, podmanProgram } from "./podman-engine.ts";
import { remappingProgram, rootlessProgram } from "./remapped-engine.ts";
import type { OwnEngineName } from "./wanted.ts";

/** Outside the cache, which may be in root's home and unreadable to an unprivileged user. */
const REMAPPED_HOME = "/var/lib/tailnet-share-bed";

export interface PlacedEngine {
  readonly own: OwnEngine;
  /** The engine's network namespace; null when it runs in this machine's own. */
  readonly namespace: NetworkNamespace | null;
  /** The Compose program to use; null when any on this machine will do. */
  compose(): Promise<readonly string[] | null>;
}

/** An engine that the test bed can start. Has no side effects before `start`. */
export function ownEngine(name: OwnEngineName, steps: Steps): PlacedEngine {
  return ENGINES[name](steps);
}

const RUN_FOLDER = "/run/tailnet-share";

const ENGINES: Readonly<Record<OwnEngineName, (steps: Steps) => PlacedEngine>> = {
  debian: debianEngine,
  "debian-2": secondDebianEngine,
  userns: remappingEngine,
  rootless: rootlessEngine,
  current: currentEngine,
  "podman-5.4": (steps) => podmanEngine("podman-5.4", steps),
  "podman-4.3": (steps) => podmanEngine("podman-4.3", steps),
};

function debianEngine(): PlacedEngine {
  const paths = {
    runFolder: RUN_FOLDER,
    dataFolder: join(cacheFolder(), "docker"),
    logFile: `${cacheFolder()}/dockerd.log`,
  };
  const own = createOwnEngine(paths, async () => ({ argv: ["dockerd"] }));
  return { own, namespace: null, compose: async () => null };
}

function secondDebianEngine(steps: Steps): PlacedEngine {
  const runFolder = join(RUN_FOLDER, "debian-2");
  const namespace = networkNamespace(join(runFolder, "net"));
  const program = async () => {
    await ensurePrograms(NEEDED.namespace, steps);
    await namespace.open();
    return { argv: namespace.enter(["dockerd"]) };
  };
  const paths = {
    runFolder,
    dataFolder: join(cacheFolder(), "docker-2"),
    logFile: `${cacheFolder()}/dockerd-2.log`,
  };
  return { own: createOwnEngine(paths, program), namespace, compose: async () => null };
}

function remappingEngine(steps: Steps): PlacedEngine {
  const runFolder = join(RUN_FOLDER, "userns");
  const namespace = networkNamespace(join(runFolder, "net"));
  const program = async () => {
    await ensurePrograms({ ...NEEDED.namespace, ...NEEDED.userNamespace }, steps);
    return await remappingProgram(namespace, REMAPPED_HOME);
  };
  const paths = {
    runFolder,
    dataFolder: join(REMAPPED_HOME, "userns"),
    logFile: `${cacheFolder()}/dockerd-userns.log`,
  };
  return { own: createOwnEngine(paths, program), namespace, compose: async () => null };
}

function rootlessEngine(steps: Steps): PlacedEngine {
  const folder = join(RUN_FOLDER, "rootless");
  const runFolder = join(folder, "user");
  // Outside the user's folder, where no other user can write.
  const namespace = networkNamespace(join(folder, "net"));
  const dataFolder = join(REMAPPED_HOME, "rootless");
  const program = async () => {
    await ensurePrograms({ ...NEEDED.namespace, ...NEEDED.userNamespace, ...NEEDED.rootless }, steps);
    return await rootlessProgram(namespace, REMAPPED_HOME, [runFolder, dataFolder]);
  };
  const paths = { runFolder, dataFolder, logFile: `${cacheFolder()}/dockerd-rootless.log` };
  return { own: createOwnEngine(paths, program), namespace, compose: async () => null };
}

function currentEngine(steps: Steps): PlacedEngine {
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const program = async () => {
    await ensurePrograms(NEEDED.namespace, steps);
    return await currentEngineProgram(arch, steps);
  };
  return {
    own: createOwnEngine(currentEnginePaths(cacheFolder()), program),
    namespace: currentEngineNamespace(),
    compose: () => currentCompose(arch, steps),
  };
}

function podmanEngine(name: keyof typeof PODMAN_RELEASES, steps: Steps): PlacedEngine {
  const runFolder = join(RUN_FOLDER, name);
  const namespace = networkNamespace(join(runFolder, "net"));
  const paths = { runFolder, dataFolder: join(cacheFolder(), name), logFile: `${cacheFolder()}/${name}.log` };
  const program = async () => {
    await ensurePrograms(NEEDED.namespace, steps);
    return await podmanProgram(PODMAN_RELEASES[name], namespace, paths, steps);
  };
  return {
    own: createOwnEngine(paths, program, PODMAN_SERVICE),
    namespace,
    compose: async () => null,
  };
}
