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

/** Builds one image of `testbed/images`; the engine's build cache decides what is new. Answers its tag. */
export async function buildBedImage(
  engine: Engine,
  name: string,
  args: readonly string[],
  steps: Steps,
): Promise<string> {
  const tag = `tailnet-share-bed/${name}:dev`;
  const flags = args.flatMap((arg) => ["--build-arg", arg]);
  await steps.step(`image ${name}`, () =>
    engine.docker(["build", "-q", "-t", tag, ...flags, `${FOLDER}${name}`]),
  );
  return tag;
}

/** Builds the peer's and the samples' image, which every bed needs. */
export async function openBedImages(engine: Engine, bases: BaseImages, steps: Steps): Promise<BedImages> {
  const { debian, node, tailscale } = bases;
  const peer = [`DEBIAN_IMAGE=${debian}`, `TAILSCALE_IMAGE=${tailscale}`];
  return {
    peer: await buildBedImage(engine, "peer", peer, steps),
    sample: await buildBedImage(engine, "sample", [`NODE_IMAGE=${node}`], steps),
  };
}
