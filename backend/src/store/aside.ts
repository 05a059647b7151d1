import { basename, dirname, join } from "node:path";
import type { Files } from "../lib/atomic-file.ts";
import type { Clock } from "../lib/clock.ts";

/** A file that could not be used and was given another name. It is the user's: nothing here removes its content. */
export interface Aside {
  /** What it was called. */
  readonly path: string;
  readonly name: string;
  readonly kind: AsideKind;
  /** Milliseconds since the epoch. */
  readonly at: number;
}
export type AsideKind = "damaged" | "newer";

/** A file that cannot be used and has to stay where it is. */
export interface Stuck {
  readonly path: string;
  readonly kind: AsideKind;
  /** The system's code. */
  readonly reason: string;
}

/** More than any store holds; a larger file is not looked into. */
export const MAX_STORE_BYTES = 16 * 1024 * 1024;

/** Everything set aside so far under one of these files' names, oldest first. */
export async function listAsides(paths: readonly [string, ...string[]], files: Files): Promise<Aside[]> {
  const names = await files.readdir(dirname(paths[0]));
  return paths
    .flatMap((path) => names.flatMap((name) => parseName(path, name)))
    .toSorted((a, b) => a.at - b.at);
}

function parseName(path: string, name: string): Aside[] {
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
 * Gives the file a name with the time. An older one of the same content makes way for it, so that a crash loop cannot fill the
 * disk; `others` are the files among whose it is looked for. Rejects with the system's error; the file is then where it was.
 */
export async function setAside(
  path: string,
  kind: AsideKind,
  { others, clock, files }: { others: readonly [string, ...string[]]; clock: Clock; files: Files },
): Promise<Aside> {
  const at = clock.now();
  const before = await listAsides(others, files);
  const stamp = new Date(at).toISOString().replaceAll(/[:.]/g, "-");
  const first = `${basename(path)}.${kind}-${stamp}`;
  let name = first;
  for (let next = 2; before.some((aside) => aside.name === name); next += 1) name = `${first}-${next}`;
  await files.rename(path, join(dirname(path), name));
  const content = await contentOf(join(dirname(path), name), files);
  for (const older of before) {
    const other = join(dirname(path), older.name);
    const same = content !== null && (await contentOf(other, files))?.equals(content) === true;
    if (same) await files.rm(other).catch(() => undefined);
  }
  return { path, name, kind, at };
}

/** Null for what cannot be read, is no file or is too large. */
async function contentOf(path: string, files: Files): Promise<Buffer | null> {
  try {
    const stats = await files.stat(path);
    return stats.isFile() && stats.size <= MAX_STORE_BYTES ? await files.readFile(path) : null;
  } catch {
    return null;
  }
}
