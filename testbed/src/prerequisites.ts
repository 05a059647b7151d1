import type { Prerequisites } from "./bed.ts";
import { openEngine } from "./engine/engine.ts";
import { ensurePrograms, NEEDED } from "./engine/packages.ts";
import { openBaseImages } from "./images/base-images.ts";
import { openBedImages } from "./images/bed-images.ts";
import { buildProductImage } from "./images/product-image.ts";
import type { Steps } from "./lib/steps.ts";
import { sweepAbandoned } from "./lib/sweep.ts";

/** Sets up all that a bed needs, or finds it: engine, images. Also removes what a crashed run left. */
export async function openPrerequisites(
  steps: Steps,
  options: { readonly browser?: boolean } = {},
): Promise<Prerequisites> {
  const engine = await openEngine(steps);
  if (options.browser === true) await ensurePrograms(NEEDED.browser, steps);
  const swept = await sweepAbandoned(engine);
  if (swept > 0) steps.say(`✓ removed ${swept} leftovers of an earlier run`);
  const bases = await openBaseImages(engine, steps);
  const own = await openBedImages(engine, bases, steps);
  const product = await buildProductImage(engine, bases, steps);
  return { engine, images: { ...bases, ...own, product } };
}
