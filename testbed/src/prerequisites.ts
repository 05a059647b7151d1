import type { Prerequisites } from "./bed.ts";
import { openComposeV2 } from "./engine/compose.ts";
import { type Engine, openEngine } from "./engine/engine.ts";
import { ensureBrowser } from "./engine/packages.ts";
import { type OwnEngineName, wantedEngine } from "./engine/wanted.ts";
import { openBaseImages, openOwnServer } from "./images/base-images.ts";
import { buildBedImage, openBedImages } from "./images/bed-images.ts";
import { carryImages } from "./images/carry-images.ts";
import { buildProductImage } from "./images/product-image.ts";
import type { Steps } from "./lib/steps.ts";
import { sweepAbandoned } from "./lib/sweep.ts";

export interface PrerequisitesOptions {
  readonly browser?: boolean;
  /** Builds compose of both generations on one of our engines. Other engines run with the compose that they came with. */
  readonly composes?: boolean;
  /** The servers that stand in for Tailscale's and for Let's Encrypt's. Building them needs Go. */
  readonly testControl?: boolean;
  /** The target image of the benchmark's load. */
  readonly benchTarget?: boolean;
  /** The engine to use, of our own; defaults to `TESTBED_ENGINE`. */
  readonly engine?: OwnEngineName | null;
}

/** Finds or sets up everything that a bed needs: engine and images. Also removes leftovers of a crashed run. */
export async function openPrerequisites(
  steps: Steps,
  {
    browser = false,
    composes = false,
    testControl = false,
    benchTarget = false,
    engine: wanted = wantedEngine(),
  }: PrerequisitesOptions = {},
): Promise<Prerequisites> {
  const engine = await openEngine(steps, wanted);
  if (browser) await ensureBrowser(steps);
  if (composes && engine.own !== null) await openComposeV2(engine.arch, steps);
  const swept = await sweepAbandoned(engine);
  if (swept > 0) steps.say(`✓ removed ${swept} leftovers of an earlier run`);
  // An engine in its own namespace has no way out, and a build needs the package registries.
  const builder = engine.namespace === null ? engine : await openEngine(steps, null);
  const opened = await openImages(builder, steps);
  const images = {
    ...opened,
    benchTarget: benchTarget ? await openBenchTarget(builder, opened.debian, steps) : null,
    testControl: testControl ? await openOwnServer(builder, "testcontrol", steps) : null,
    acme: testControl ? await openOwnServer(builder, "acme", steps) : null,
  };
  if (builder !== engine) await carryImages(builder, engine, tagsOf(images), steps);
  return { engine, images };
}

async function openImages(
  engine: Engine,
  steps: Steps,
): Promise<Omit<Prerequisites["images"], "testControl" | "acme" | "benchTarget">> {
  const bases = await openBaseImages(engine, steps);
  const own = await openBedImages(engine, bases, steps);
  const product = await buildProductImage(engine, bases, steps);
  return { ...bases, ...own, product };
}

async function openBenchTarget(builder: Engine, debian: string, steps: Steps): Promise<string> {
  return await buildBedImage(builder, "bench-target", [`DEBIAN_IMAGE=${debian}`], steps);
}

function tagsOf(images: Prerequisites["images"]): readonly string[] {
  return Object.values(images).filter((value) => typeof value === "string");
}
