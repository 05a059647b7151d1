import { mkdirSync } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Folder that outlives runs: images, binaries, the engine's data. Override it with `TAILNET_SHARE_CACHE`. */
export function cacheFolder(...parts: string[]): string {
  const { TAILNET_SHARE_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  const base = own || join(xdg || join(homedir(), ".cache"), "tailnet-share");
  const folder = join(base, ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
