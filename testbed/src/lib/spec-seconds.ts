import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { cacheFolder } from "./cache.ts";
import type { Weighed } from "./split-by-weight.ts";

/** Duration of each spec file's last run, by file name without its folder. */
export type SpecSeconds = Readonly<Record<string, number>>;

const Stored = z.record(z.string(), z.number().nonnegative());

/** Set-up time of a file's bed, because reports count the tests alone. */
const BED_SECONDS = 10;

/** Converts the report's paths and times (milliseconds) to seconds by file name. */
export function secondsOf(
  files: readonly { readonly name: string; readonly startTime: number; readonly endTime: number }[],
): SpecSeconds {
  return Object.fromEntries(
    files
      .filter(({ startTime, endTime }) => endTime > startTime)
      .map(({ name, startTime, endTime }) => [
        basename(name),
        Math.round((endTime - startTime) / 1_000) + BED_SECONDS,
      ]),
  );
}

/** Weighs each file by its last duration. Estimates a new file from its size and the others' pace. `name` may have folders. */
export function weigh(
  files: readonly { readonly name: string; readonly bytes: number }[],
  seconds: SpecSeconds,
): readonly Weighed[] {
  const known = files.filter(({ name }) => seconds[basename(name)] !== undefined);
  const knownSeconds = known.reduce((sum, { name }) => sum + (seconds[basename(name)] ?? 0), 0);
  const knownBytes = known.reduce((sum, { bytes }) => sum + bytes, 0);
  const pace = knownBytes === 0 ? 1 : knownSeconds / knownBytes;
  return files.map(({ name, bytes }) => ({ name, weight: seconds[basename(name)] ?? bytes * pace }));
}

function storeFile(): string {
  return join(cacheFolder(), "spec-seconds.json");
}

/** The last durations on this machine; empty when unknown. */
async function knownSeconds(): Promise<SpecSeconds> {
  const text = await readFile(storeFile(), "utf8").catch(() => "{}");
  return Stored.catch({}).parse(JSON.parse(text));
}

/** Stores durations for the next run and keeps those of files that didn't run. */
export async function keepSeconds(seconds: SpecSeconds): Promise<void> {
  const file = storeFile();
  const merged = { ...(await knownSeconds()), ...seconds };
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(merged, null, 2)}\n`);
  await rename(`${file}.${process.pid}`, file);
}

/** Weighs files; `names` are relative to `folder`. */
export async function weighedSpecs(folder: string, names: readonly string[]): Promise<readonly Weighed[]> {
  const files = names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size }));
  return weigh(await Promise.all(files), await knownSeconds());
}
