import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Engine } from "../engine/engine.ts";
import { runShell } from "./run.ts";

/**
 * Writes files into a container, running or not, and creates their folders. A bind mount would work only for an engine on this
 * machine; this works for every engine. Keys are absolute paths in the container.
 */
export async function copyIn(
  engine: Engine,
  containerId: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-copy-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const line = 'folder=$1; shift; tar -C "$folder" --owner=0 --group=0 -c $(ls "$folder") | "$@"';
    await runShell(line, [folder, ...engine.argv, "cp", "-", `${containerId}:/`], { env: engine.env });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
