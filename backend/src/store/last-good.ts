import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import type { Clock } from "../lib/clock.ts";
import { type Files, putInPlace, stage } from "../lib/files/atomic-file.ts";
import { codeOf, type Finding, type Used, unreadable } from "./faults.ts";
import { decode, type StoreFormat, type Versioned } from "./format.ts";
import {
  listSetAsideFiles,
  MAX_STORE_BYTES,
  type SetAsideFile,
  setAside,
  type UnmovableFile,
} from "./set-aside.ts";

/** The file as this process last read or wrote it: any other content comes from another writer. */
export interface Known {
  readonly stats: BigIntStats;
  readonly digest: string;
}

export interface Loaded<T> {
  /** The file's value, or its copy's; null if neither can be used. */
  readonly value: T | null;
  /** The file's state on disk; null if there is no file. */
  readonly known: Known | null;
  readonly finding: Finding;
}

type Found<T> =
  | { readonly state: "absent" | "damaged" | "newer" }
  | { readonly state: "good"; readonly value: T; readonly text: string; readonly stats: BigIntStats };

/** The copy is beside the file and holds the same value, or the previous one during a write. */
export function lastGoodPath(path: string): string {
  return path.replace(/(\.json)?$/, ".last-good.json");
}

export function digestOf(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Reads the file, else its last good copy. Sets unusable files aside. Mirrors the good one to both places, with its modification time and
 * content unchanged: the next change migrates an older version. If the folder can't be written, only these repairs are lost. Rejects with
 * `AppError("STORE_UNWRITABLE")` if the files' content can't be determined.
 */
export async function load<T extends Versioned>(
  path: string,
  format: StoreFormat<T>,
  { clock, files }: { clock: Clock; files: Files },
): Promise<Loaded<T>> {
  const copyPath = lastGoodPath(path);
  const main = await examine(path, format, files);
  const copy = await examine(copyPath, format, files);
  const now: SetAsideFile[] = [];
  const stuck: UnmovableFile[] = [];
  // Handle the copy first: if both have the same content, the aside under the file's own name is kept.
  for (const [storePath, found] of [[copyPath, copy] as const, [path, main] as const]) {
    if (found.state !== "damaged" && found.state !== "newer") continue;
    try {
      now.push(await setAside(storePath, found.state, { comparedPaths: [path, copyPath], clock, files }));
    } catch (error) {
      stuck.push({ path: storePath, kind: found.state, reason: codeOf(error) });
    }
  }
  const good = main.state === "good" ? main : copy.state === "good" ? copy : null;
  const isStuck = (storePath: string) => stuck.some((file) => file.path === storePath);
  let known: Known | null = null;
  if (main.state === "good") {
    known = { stats: main.stats, digest: digestOf(main.text) };
    const same = copy.state === "good" && copy.text === main.text;
    if (!same && !isStuck(copyPath)) await mirror(copyPath, main, files).catch(() => undefined);
  } else if (good !== null && !isStuck(path)) {
    const stats = await mirror(path, good, files).catch(() => null);
    known = stats && { stats, digest: digestOf(good.text) };
  }
  const changed = good === null ? 0 : Number(good.stats.mtimeMs);
  const setAsideFiles = (await listSetAsideFiles([path, copyPath], files)).filter(
    (file) => file.at > changed || now.some(({ name }) => name === file.name),
  );
  const ofMain = setAsideFiles.some((file) => file.path === path);
  return {
    value: good?.value ?? null,
    known,
    finding: { setAside: setAsideFiles, stuck, used: usedOf(good, main.state === "good" && !ofMain) },
  };
}

function usedOf(good: { readonly stats: BigIntStats } | null, isFile: boolean): Used {
  if (isFile) return { from: "file" };
  return good === null ? { from: "nothing" } : { from: "last-good", modified: good.stats.mtime };
}

/** Error codes of a path that stays unreadable. With other codes, such as too many open files, the file may be in order. */
const BROKEN = new Set(["EACCES", "EPERM", "EIO", "EISDIR", "ELOOP", "EBADMSG", "EUCLEAN"]);

async function examine<T extends Versioned>(
  path: string,
  format: StoreFormat<T>,
  files: Files,
): Promise<Found<T>> {
  try {
    const stats = await files.stat(path, { bigint: true });
    // Reading a named pipe would block forever.
    if (!stats.isFile() || stats.size > MAX_STORE_BYTES) return { state: "damaged" };
    await files.chmod(path, 0o600).catch(() => undefined);
    const bytes = await files.readFile(path);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const decoded = decode(text, format);
    if (decoded.kind !== "good") return { state: decoded.kind };
    return { state: "good", value: decoded.value, text, stats };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return { state: "absent" };
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA" || BROKEN.has(code)) return { state: "damaged" };
    throw unreadable(path, error);
  }
}

/** Keeps the modification time: files set aside after it are reported until a new value is stored. */
async function mirror(
  path: string,
  { text, stats }: { readonly text: string; readonly stats: BigIntStats },
  files: Files,
): Promise<BigIntStats> {
  const staged = await stage(path, text, { files, modified: stats.mtime });
  await putInPlace(path, staged, files);
  return staged.stats;
}
