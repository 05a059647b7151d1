import { join } from "node:path";
import { cacheFolder } from "../lib/cache.ts";
import type { Steps } from "../lib/steps.ts";
import { currentCompose } from "./compose.ts";
import { currentEngineNamespace, currentEnginePlace, currentEngineProgram } from "./current-engine.ts";
import { type NetworkNamespace, networkNamespace } from "./namespace.ts";
import { createOwnEngine, type OwnEngine } from "./own-engine.ts";
import { ensurePrograms, NEEDED } from "./packages.ts";
import type { OwnEngineName } from "./wanted.ts";

export interface PlacedEngine {
  readonly own: OwnEngine;
  /** Null where the engine is in the machine's own. */
  readonly namespace: NetworkNamespace | null;
  /** Its compose program; null where any that is on this machine will do. */
  compose(): Promise<readonly string[] | null>;
}

/** One of the engines that the test bed starts; nothing is done before its `start`. */
export function ownEngine(name: OwnEngineName, steps: Steps): PlacedEngine {
  switch (name) {
    case "debian": {
      const place = {
        runFolder: "/run/tailnet-share",
        dataFolder: "docker",
        logFile: `${cacheFolder()}/dockerd.log`,
      };
      const own = createOwnEngine(place, async () => ({ argv: ["dockerd"] }));
      return { own, namespace: null, compose: async () => null };
    }
    case "debian-2": {
      const runFolder = "/run/tailnet-share/debian-2";
      const namespace = networkNamespace(join(runFolder, "net"));
      const program = async () => {
        await ensurePrograms(NEEDED.namespace, steps);
        await namespace.open();
        return { argv: namespace.enter(["dockerd"]) };
      };
      const place = { runFolder, dataFolder: "docker-2", logFile: `${cacheFolder()}/dockerd-2.log` };
      return { own: createOwnEngine(place, program), namespace, compose: async () => null };
    }
    case "current": {
      const arch = process.arch === "arm64" ? "arm64" : "amd64";
      const program = async () => {
        await ensurePrograms(NEEDED.namespace, steps);
        return await currentEngineProgram(arch, steps);
      };
      return {
        own: createOwnEngine(currentEnginePlace(cacheFolder()), program),
        namespace: currentEngineNamespace(),
        compose: () => currentCompose(arch, steps),
      };
    }
  }
}
