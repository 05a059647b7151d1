import { join } from "node:path";
import { buildGoProgram, type GoProgram } from "../images/go-binaries.ts";
import type { Steps } from "../lib/steps.ts";
import { type NetworkNamespace, networkNamespace } from "./namespace.ts";
import type { OwnEnginePaths, OwnEngineProgram } from "./own-engine.ts";

/** The module's version differs from the engine's: this one belongs to the 29 series and speaks API 1.56. */
const MOBY: GoProgram = {
  name: "moby",
  module: "github.com/moby/moby/v2",
  version: "v2.0.0-beta.24",
  packages: ["github.com/moby/moby/v2/cmd/dockerd", "github.com/moby/moby/v2/cmd/docker-proxy"],
  variables: { "github.com/moby/moby/v2/dockerversion.Version": "2.0.0-beta.24" },
};

/** Debian's runc is too old for it. */
const RUNC: GoProgram = {
  name: "runc",
  module: "github.com/opencontainers/runc",
  version: "v1.3.3",
  packages: ["github.com/opencontainers/runc"],
  c: { tags: ["seccomp"], libraries: { libseccomp: "libseccomp-dev" } },
};

const RUN_FOLDER = "/run/tailnet-share/current";

export function currentEnginePaths(cache: string): OwnEnginePaths {
  return {
    runFolder: RUN_FOLDER,
    dataFolder: join(cache, "docker-current"),
    logFile: join(cache, "dockerd-current.log"),
  };
}

/**
 * Gives the engine its own network namespace, because two engines in one namespace would remove each other's firewall rules.
 * Nothing leaves that namespace, so another engine builds the images, and they are copied over.
 */
export function currentEngineNamespace(): NetworkNamespace {
  return networkNamespace(join(RUN_FOLDER, "net"));
}

/** Builds the missing programs and opens the engine's namespace. containerd is Debian's. */
export async function currentEngineProgram(arch: string, steps: Steps): Promise<OwnEngineProgram> {
  const moby = await buildGoProgram(MOBY, arch, steps);
  const runc = await buildGoProgram(RUNC, arch, steps);
  const namespace = currentEngineNamespace();
  await namespace.open();
  return {
    argv: namespace.enter([join(moby, "dockerd"), `--userland-proxy-path=${join(moby, "docker-proxy")}`]),
    // Set PATH instead of registering another runtime: builds and containerd's shim look for `runc` as well.
    env: { ...process.env, PATH: `${runc}:${process.env.PATH ?? ""}` },
  };
}
