import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import * as nodeFiles from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The functions used from `node:fs/promises`, so that a test can pass ones that fail. */
export type Files = Pick<
  typeof nodeFiles,
  "chmod" | "mkdir" | "open" | "readdir" | "readFile" | "rename" | "rm" | "stat"
>;

/**
 * Replaces `path` with `content` so that a reader, or a crash at any moment, sees either the old file or the new one.
 * Mode 0600. Rejects with the system's error; the old file is then unchanged, unless syncing the folder failed.
 */
export async function writeAtomically(path: string, content: string): Promise<void> {
  await putInPlace(path, await stage(path, content));
}

/** Content that is already on disk, in a temporary file next to the file that it will replace. */
export interface Staged {
  /** Stats of the new file; renaming it into place keeps them. */
  readonly stats: BigIntStats;
  /** Replaces the file: a reader, or a crash at any moment, sees either the old one or the new one. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Commits the content staged for `path`, or discards it on failure, and syncs the folder. */
export async function putInPlace(path: string, staged: Staged, files: Files = nodeFiles): Promise<void> {
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard();
    throw error;
  }
  await syncFolder(dirname(path), files);
}

/** Mode 0600. Rejects with the system's error, and leaves nothing behind. `modified`: the file's time; defaults to now. */
export async function stage(
  path: string,
  content: string,
  { files = nodeFiles, modified }: { files?: Files; modified?: Date } = {},
): Promise<Staged> {
  // Use a name that no other process picks: two writers in one file would rename a mixture into place.
  const temporary = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  const discard = async () => await files.rm(temporary, { force: true }).catch(() => undefined);
  try {
    const file = await files.open(temporary, "wx", 0o600);
    try {
      await file.writeFile(content);
      if (modified !== undefined) await file.utimes(modified, modified);
      await file.sync();
      const stats = await file.stat({ bigint: true });
      return { stats, discard, commit: async () => await files.rename(temporary, path) };
    } finally {
      await file.close();
    }
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Syncs a folder. Without this a power cut may undo a rename, although the renamed file's content is on disk. */
export async function syncFolder(folder: string, files: Files = nodeFiles): Promise<void> {
  const directory = await files.open(folder, "r");
  try {
    await directory.sync();
  } catch (error) {
    // Some file systems can't sync folders.
    if (!["EINVAL", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await directory.close();
  }
}

/**
 * Runs `task` while no other task runs for the same path, in this process or any other. Rejects with `EEXIST` when one does.
 * `removeStaged` removes what a crash leaves.
 */
export async function exclusively<T>(
  path: string,
  task: () => Promise<T>,
  files: Files = nodeFiles,
): Promise<T> {
  const lock = `${path}.lock`;
  await (await files.open(lock, "wx", 0o600)).close();
  try {
    return await task();
  } finally {
    await files.rm(lock, { force: true }).catch(() => undefined);
  }
}

/** Removes what a crash left of `stage(path, …)` and `exclusively(path, …)`. A read-only folder keeps it. */
export async function removeStaged(path: string, files: Files = nodeFiles): Promise<void> {
  const own = `${basename(path)}.`;
  const names = (await files.readdir(dirname(path))).filter((name) => name.startsWith(own));
  for (const name of names) {
    if (!/^([0-9a-f]+\.tmp|lock)$/.test(name.slice(own.length))) continue;
    await files.rm(join(dirname(path), name), { force: true, recursive: true }).catch(() => undefined);
  }
}
