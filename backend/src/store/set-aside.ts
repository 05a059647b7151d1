import { basename, dirname, join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import type { Files } from "../lib/files/atomic-file.ts";

/** A file that could not be used and was renamed. It belongs to the user: nothing here removes its content. */
export interface SetAsideFile {
  /** The file's original path. */
  readonly path: string;
  readonly name: string;
  readonly kind: SetAsideKind;
  /** Milliseconds since the epoch. */
  readonly at: number;
}
export type SetAsideKind = "damaged" | "newer";

/** A file that can't be used and can't be renamed either. */
export interface UnmovableFile {
  readonly path: string;
  readonly kind: SetAsideKind;
  /** The system's error code. */
  readonly reason: string;
}

/** Larger than any store; larger files are not read. */
export const MAX_STORE_BYTES = 16 * 1024 * 1024;

/** Lists all files set aside so far for these paths, oldest first. */
export async function listSetAsideFiles(
  paths: readonly [string, ...string[]],
  files: Files,
): Promise<SetAsideFile[]> {
  const names = await files.readdir(dirname(paths[0]));
  return paths
    .flatMap((path) => names.flatMap((name) => parseName(path, name)))
    .toSorted((a, b) => a.at - b.at);
}

function parseName(path: string, name: string): SetAsideFile[] {
  if (!name.startsWith(`${basename(path)}.`)) return [];
  const parts = /^(damaged|newer)-([\d-]{10})T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z(?:-\d+)?$/.exec(
    name.slice(basename(path).length + 1),
  );
  if (parts === null) return [];
  const [, kind, day, hours, minutes, seconds, ms] = parts;
  const at = Date.parse(`${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
  return [{ path, name, kind: kind === "newer" ? "newer" : "damaged", at }];
}

/**
 * Renames the file to a name with the time. Removes an older such file with the same content, so that a crash loop cannot fill the disk;
 * `comparedPaths` are the paths whose older files are compared. Rejects with the system's error; the file then keeps its place.
 */
export async function setAside(
  path: string,
  kind: SetAsideKind,
  {
    comparedPaths,
    clock,
    files,
  }: { comparedPaths: readonly [string, ...string[]]; clock: Clock; files: Files },
): Promise<SetAsideFile> {
  const at = clock.now();
  const before = await listSetAsideFiles(comparedPaths, files);
  const stamp = new Date(at).toISOString().replaceAll(/[:.]/g, "-");
  const first = `${basename(path)}.${kind}-${stamp}`;
  let name = first;
  for (let next = 2; before.some((older) => older.name === name); next += 1) name = `${first}-${next}`;
  await files.rename(path, join(dirname(path), name));
  const content = await contentOf(join(dirname(path), name), files);
  for (const older of before) {
    const other = join(dirname(path), older.name);
    const same = content !== null && (await contentOf(other, files))?.equals(content) === true;
    if (same) await files.rm(other).catch(() => undefined);
  }
  return { path, name, kind, at };
}

/** Returns null if the path is unreadable, no file, or too large. */
async function contentOf(path: string, files: Files): Promise<Buffer | null> {
  try {
    const stats = await files.stat(path);
    return stats.isFile() && stats.size <= MAX_STORE_BYTES ? await files.readFile(path) : null;
  } catch {
    return null;
  }
}
