import { fileURLToPath } from "node:url";
import type { Engine } from "../engine/engine.ts";
import type { Steps } from "../lib/steps.ts";
import type { BaseImages } from "./base-images.ts";

const FOLDER = fileURLToPath(new URL("../../images/", import.meta.url));

/** Tags of the bed's own images. */
export interface BedImages {
  readonly peer: string;
  readonly sample: string;
}

/** Builds the peer's and the samples' image; the engine's build cache decides what is new. */
export async function openBedImages(engine: Engine, bases: BaseImages, steps: Steps): Promise<BedImages> {
  const tags: BedImages = { peer: "tailnet-share-bed/peer:dev", sample: "tailnet-share-bed/sample:dev" };
  const args: Readonly<Record<keyof BedImages, readonly string[]>> = {
    peer: [`DEBIAN_IMAGE=${bases.debian}`, `TAILSCALE_IMAGE=${bases.tailscale}`],
    sample: [`NODE_IMAGE=${bases.node}`],
  };
  for (const name of ["peer", "sample"] as const) {
    await steps.step(`image ${name}`, async () => {
      const flags = args[name].flatMap((arg) => ["--build-arg", arg]);
      await engine.docker(["build", "-q", "-t", tags[name], ...flags, `${FOLDER}${name}`]);
    });
  }
  return tags;
}
