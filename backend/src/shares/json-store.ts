import { mkdir, readFile, rename } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { AppError, type Fault } from "@tailnet-share/contract/errors";
import type { z } from "zod";
import { writeAtomically } from "../lib/atomic-file.ts";
import type { Clock } from "../lib/clock.ts";

/** A value in one JSON file: read once, kept in memory, written whole and atomically. */
export interface JsonStore<T> {
  get(): T;
  /** Rejects with `AppError("STORE_UNWRITABLE")`; memory and file then both keep the old value. */
  set(value: T): Promise<void>;
  /** Damage found at start, or null. */
  fault(): Fault | null;
}

/**
 * Opens the file, or starts with `initial` where there is none. A file that cannot be used (damaged, or of a version that
 * this code does not know) is never overwritten: it is set aside under a name with the time, and the fault names it.
 * Rejects with `AppError("STORE_UNWRITABLE")` when the folder cannot be used at all.
 */
export async function openJsonStore<T>(
  path: string,
  schema: z.ZodType<T>,
  initial: T,
  clock: Clock,
): Promise<JsonStore<T>> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(unwritable(path));
  let { value, fault } = await load(path, schema, initial, clock);
  let queue: Promise<unknown> = Promise.resolve();
  return {
    get: () => value,
    fault: () => fault,
    async set(next) {
      const written = queue.then(async () => {
        await writeAtomically(path, `${JSON.stringify(next, null, 2)}\n`).catch(unwritable(path));
        value = next;
      });
      queue = written.catch(() => undefined);
      await written;
    },
  };
}

async function load<T>(
  path: string,
  schema: z.ZodType<T>,
  initial: T,
  clock: Clock,
): Promise<{ value: T; fault: Fault | null }> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { value: initial, fault: null };
    return { value: initial, fault: await setAside(path, clock) };
  }
  try {
    return { value: schema.parse(JSON.parse(text)), fault: null };
  } catch {
    return { value: initial, fault: await setAside(path, clock) };
  }
}

async function setAside(path: string, clock: Clock): Promise<Fault> {
  const aside = `${path}.damaged-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, "-")}`;
  await rename(path, aside).catch(unwritable(path));
  return {
    code: "STORE_DAMAGED",
    message: `${basename(path)} could not be read. It was set aside as ${basename(aside)}, and the extension started without it.`,
    hint: "Share again what you need, or repair that file, put it back under its old name and restart the extension.",
  };
}

function unwritable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new AppError(
      "STORE_UNWRITABLE",
      `${basename(path)} cannot be written: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}.`,
      "Free some disk space and check the extension's volume, then try again. Nothing was changed.",
      { cause },
    );
  };
}
