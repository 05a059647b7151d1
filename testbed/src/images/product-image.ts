import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Engine } from "../engine/engine.ts";
import { cacheFolder } from "../lib/cache.ts";
import { runShell } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";
import type { BaseImages } from "./base-images.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TAG = "tailnet-share:dev";
/** Compressed size, as a registry counts it. */
const MAX_COMPRESSED_BYTES = 90_000_000;

/** Returns the bytes of `docker save | gzip`, cached by image ID. */
async function compressedSize(engine: Engine): Promise<number> {
  const id = await engine.docker(["image", "inspect", "-f", "{{.Id}}", TAG]);
  const file = join(cacheFolder("sizes"), id.replace("sha256:", ""));
  const known = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
  if (Number.isInteger(known)) return known;
  const output = await runShell('"$@" | gzip | wc -c', [...engine.argv, "save", TAG], { env: engine.env });
  const bytes = Number.parseInt(output, 10);
  await writeFile(file, String(bytes));
  return bytes;
}

/** Builds a checkout of the product under a tag. */
export async function buildFrom(
  folder: string,
  tag: string,
  engine: Engine,
  { node, tailscale }: Pick<BaseImages, "node" | "tailscale">,
): Promise<void> {
  const args = [`NODE_IMAGE=${node}`, `TAILSCALE_IMAGE=${tailscale}`];
  await engine.docker(["build", ...args.flatMap((arg) => ["--build-arg", arg]), "-t", tag, folder]);
}

/**
 * Builds the product from the Dockerfile that users build, with different base images. Returns its tag. Rejects above 90 MB
 * compressed. `TAILNET_SHARE_IMAGE` names an existing image to test instead.
 */
export async function buildProductImage(engine: Engine, bases: BaseImages, steps: Steps): Promise<string> {
  return steps.step("image tailnet-share", async (note) => {
    const ready = process.env.TAILNET_SHARE_IMAGE;
    if (ready !== undefined && ready !== "") {
      note(`testing ${ready}, as TAILNET_SHARE_IMAGE says`);
      return ready;
    }
    await buildFrom(ROOT, TAG, engine, bases);
    const compressedBytes = await compressedSize(engine);
    note(`${(compressedBytes / 1e6).toFixed(1)} MB compressed`);
    if (compressedBytes > MAX_COMPRESSED_BYTES) {
      throw new Error(
        `the image has grown to ${compressedBytes} bytes compressed; ${MAX_COMPRESSED_BYTES} are allowed`,
      );
    }
    return TAG;
  });
}
