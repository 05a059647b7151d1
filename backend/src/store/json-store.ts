import * as nodeFiles from "node:fs/promises";
import { dirname } from "node:path";
import type { Fault } from "@tailnet-share/contract/errors";
import type { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import {
  exclusively,
  type Files,
  removeStaged,
  type Staged,
  stage,
  syncFolder,
} from "../lib/files/atomic-file.ts";
import { createMutex } from "../lib/timing.ts";
import { codeOf, doubtOf, faultOf, neverReadable, takenOver, unwritable } from "./faults.ts";
import { decode, encode, type Migrations, type StoreFormat, type Versioned } from "./format.ts";
import { digestOf, type Known, lastGoodPath, load } from "./last-good.ts";
import { setAside } from "./set-aside.ts";

/** A value in one JSON file: read once, kept in memory, written whole and atomically. */
export interface JsonStore<T> {
  /** Returns the last committed value, even while a write is pending. Do not derive a new value from it; use `update`. */
  get(): T;
  /**
   * Applies one change at a time: `next` gets the result of the previous change. Resolves with the stored value; writes nothing if `next`
   * returns its argument. Rejects with the error that `next` throws and with `AppError("STORE_UNWRITABLE")`; memory and file then both
   * keep the old value.
   */
  update(next: (before: T) => T): Promise<T>;
  /** Damage found at start, else a problem with the last write's copy, or null. */
  fault(): Fault | null;
}

export interface StoreOptions {
  /** Migrations from each older version to the next; none by default. `initial` has the current version. */
  readonly migrations?: Migrations;
  readonly files?: Files;
}

/**
 * Opens the file, or starts with `initial` if there is none. Keeps its last good copy beside it, and uses the copy if the file is
 * unusable. Never overwrites an unusable file (damaged, or written by a newer release): it is renamed to a name with the time, and the
 * fault names it until a new value is stored. Rejects with `AppError("STORE_UNWRITABLE")` if the folder cannot be used at all.
 */
export async function openJsonStore<T extends Versioned>(
  path: string,
  schema: z.ZodType<T>,
  initial: T,
  clock: Clock,
  { migrations = {}, files = nodeFiles }: StoreOptions = {},
): Promise<JsonStore<T>> {
  const format: StoreFormat<T> = { schema, version: initial.version, migrations };
  const copyPath = lastGoodPath(path);
  await prepareFolder([path, copyPath], files).catch(unwritable(path));
  const loaded = await load(path, format, { clock, files }).catch(unwritable(path));
  const fault = faultOf(path, loaded.finding);
  const stuck = [...loaded.finding.stuck];
  let { known } = loaded;
  let value = loaded.value ?? initial;
  let doubt: Fault | null = null;
  const mutex = createMutex();

  async function write(next: T): Promise<void> {
    const text = encode(next);
    if (decode(text, format).kind !== "good") throw neverReadable(path);
    // Set aside files that could not be set aside at start: they must still not be overwritten.
    for (let file = stuck[0]; file !== undefined; file = stuck[0]) {
      await setAside(file.path, file.kind, { comparedPaths: [path, copyPath], clock, files });
      stuck.shift();
    }
    const [main, copy] = await stageBoth(path, copyPath, text, files);
    try {
      await commitOurs(path, main, known, files);
    } catch (error) {
      await Promise.all([main.discard(), copy.discard()]);
      throw error;
    }
    // The new value is in place. Report later failures, but don't reject.
    known = { stats: main.stats, digest: digestOf(text) };
    value = next;
    const problems: unknown[] = [];
    const note = (error: unknown) => void problems.push(error);
    await copy.commit().catch(async (error: unknown) => {
      note(error);
      await copy.discard();
    });
    await syncFolder(dirname(path), files).catch(note);
    doubt = doubtOf(path, problems[0] ?? null);
  }

  return {
    get: () => value,
    fault: () => fault ?? doubt,
    async update(next) {
      return await mutex(async () => {
        const after = next(value);
        if (after !== value) await write(after).catch(unwritable(path));
        return after;
      });
    },
  };
}

async function prepareFolder(paths: readonly [string, string], files: Files): Promise<void> {
  const folder = dirname(paths[0]);
  await files.mkdir(folder, { recursive: true, mode: 0o700 });
  // The engine creates a volume's folder readable by everybody.
  await files.chmod(folder, 0o700).catch(() => undefined);
  for (const path of paths) await removeStaged(path, files);
}

/** Stages both at once: the disk syncs them together, in little more time than one. */
async function stageBoth(path: string, copyPath: string, text: string, files: Files) {
  const both = await Promise.allSettled([stage(path, text, { files }), stage(copyPath, text, { files })]);
  const [main, copy] = both;
  if (main.status === "fulfilled" && copy.status === "fulfilled") return [main.value, copy.value] as const;
  await Promise.all(both.map(async (file) => file.status === "fulfilled" && (await file.value.discard())));
  throw main.status === "rejected" ? main.reason : copy.status === "rejected" ? copy.reason : null;
}

/** Allows no other writer between the check and the replacement: its change would be lost unnoticed. */
async function commitOurs(path: string, staged: Staged, known: Known | null, files: Files): Promise<void> {
  const commit = async () => {
    if (!(await isOurs(path, known, files))) throw takenOver(path);
    await staged.commit();
  };
  await exclusively(path, commit, files).catch((error: unknown) => {
    throw codeOf(error) === "EEXIST" ? takenOver(path) : error;
  });
}

/** A missing file may be written again. A file with other content than we left belongs to another writer. */
async function isOurs(path: string, known: Known | null, files: Files): Promise<boolean> {
  const stats = await files.stat(path, { bigint: true }).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
  if (stats === null) return true;
  if (known === null || stats.size !== known.stats.size) return false;
  const untouched = stats.ino === known.stats.ino && stats.mtimeNs === known.stats.mtimeNs;
  return untouched || digestOf(await files.readFile(path)) === known.digest;
}
