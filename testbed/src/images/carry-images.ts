import type { Engine } from "../engine/engine.ts";
import { runShell } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";

const CARRIED = "tailnet-share-bed/carried";

/** A tag that records the source of a copied image. The copy's own ID depends on how the engine stores images. */
function carriedTag(id: string): string {
  return `${CARRIED}:${id.replace("sha256:", "")}`;
}

/**
 * Copies images under the same tags from the engine that builds to one that cannot. An image that is already there unchanged
 * only gets its tag.
 */
export async function carryImages(
  from: Engine,
  to: Engine,
  tags: readonly string[],
  steps: Steps,
): Promise<void> {
  const format = "{{.Id}}";
  const ids = (await from.docker(["image", "inspect", "-f", format, ...tags])).split("\n");
  const list = ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", CARRIED];
  // Podman puts a registry before names that have none, and lists all names of a listed image.
  const present = (await to.docker(list))
    .split("\n")
    .map((tag) => tag.replace(/^(?:localhost|docker\.io)\//, ""))
    .filter((tag) => tag.startsWith(`${CARRIED}:`));
  const pairs = tags.map((tag, index) => ({ tag, carried: carriedTag(ids[index] ?? "") }));
  const missing = pairs.filter(({ carried }) => !present.includes(carried));
  if (missing.length > 0) {
    await steps.step("carry images over", async (note) => {
      note(missing.map(({ tag }) => tag).join(", "));
      const line = 'client=$1 host=$2; shift 2; "$@" | "$client" -H "$host" load -q';
      const save = [...from.argv, "save", ...missing.map(({ tag }) => tag)];
      await runShell(line, [to.argv[0] ?? "docker", to.host, ...save], { env: from.env });
      for (const { tag, carried } of missing) await to.docker(["tag", tag, carried]);
    });
  }
  for (const { tag, carried } of pairs) await to.docker(["tag", carried, tag]);
  const stale = present.filter((tag) => !pairs.some(({ carried }) => carried === tag));
  // A running container of a bed may still need the image. The next run removes it then.
  if (stale.length > 0) await to.tryDocker(["rmi", ...stale]);
}
