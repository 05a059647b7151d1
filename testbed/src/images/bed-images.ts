import { fileURLToPath } from "node:url";
import type { Engine } from "../engine/engine.ts";
import type { Steps } from "../lib/steps.ts";
import { type BaseImages, openContainerboot } from "./base-images.ts";

const FOLDER = fileURLToPath(new URL("../../images/", import.meta.url));

/** Tags of the bed's own images. */
export interface BedImages {
  readonly peer: string;
  readonly sample: string;
  /** Tailscale's image with its own entry point, as users run it. */
  readonly officialTailscale: string;
}

/** Builds one image of `testbed/images` and relies on the engine's build cache. Returns its tag. */
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

/** Builds the images that beds consist of. */
export async function openBedImages(engine: Engine, bases: BaseImages, steps: Steps): Promise<BedImages> {
  const { debian, node, tailscale } = bases;
  const peer = [`DEBIAN_IMAGE=${debian}`, `TAILSCALE_IMAGE=${tailscale}`];
  return {
    peer: await buildBedImage(engine, "peer", peer, steps),
    sample: await buildBedImage(engine, "sample", [`NODE_IMAGE=${node}`], steps),
    officialTailscale: await officialTailscale(engine, bases, steps),
  };
}

/**
 * Returns the pulled image, otherwise one built from the same programs. The stand-in for the other images' builds only has the two
 * programs that they copy out of it.
 */
async function officialTailscale(engine: Engine, bases: BaseImages, steps: Steps): Promise<string> {
  const { debian, tailscale, pulled } = bases;
  if (pulled) return tailscale;
  const entryPoint = await openContainerboot(engine, steps);
  const images = { DEBIAN_IMAGE: debian, TAILSCALE_IMAGE: tailscale, CONTAINERBOOT_IMAGE: entryPoint };
  const args = Object.entries(images).map(([name, tag]) => `${name}=${tag}`);
  return buildBedImage(engine, "tailscale", args, steps);
}
