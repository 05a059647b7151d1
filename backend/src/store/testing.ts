import * as nodeFiles from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { z } from "zod";
import { type Clock, systemClock } from "../lib/clock.ts";
import type { Files } from "../lib/files/atomic-file.ts";
import type { StoreFormat } from "./format.ts";
import { type JsonStore, openJsonStore } from "./json-store.ts";

/* For the store's own tests: a value of version 2 that was a line of text in version 1, and a file system that can fail. */

export const Names = z.object({ version: z.literal(2), names: z.array(z.string()) });
export type Names = z.infer<typeof Names>;

const OldNames = z.object({ names: z.string() });
export const namesFormat: StoreFormat<Names> = {
  schema: Names,
  version: 2,
  migrations: { 1: (old) => ({ names: OldNames.parse(old).names.split(" ") }) },
};

export function names(...list: string[]): Names {
  return { version: 2, names: list };
}

/** A store of names in a folder of its own, new for each test. */
export interface StoreFolder {
  folder(): string;
  file(): string;
  copy(): string;
  /** Calls `before` before each change to the disk; it may throw. */
  open(before?: (step: Step) => void, clock?: Clock): Promise<JsonStore<Names>>;
  /** Names of the other files in the folder. */
  otherFiles(): Promise<string[]>;
  read(name: string | undefined): Promise<string>;
}

export function storeFolderForEachTest(): StoreFolder {
  let root = "";
  beforeEach(async () => {
    root = await nodeFiles.mkdtemp(join(tmpdir(), "tailnet-share-store-"));
  });
  afterEach(async () => await nodeFiles.rm(root, { recursive: true }));
  const folder = () => join(root, "state");
  return {
    folder,
    file: () => join(folder(), "a.json"),
    copy: () => join(folder(), "a.last-good.json"),
    open: async (before = () => {}, clock = systemClock) =>
      await openNames(join(folder(), "a.json"), watchedFiles(before), clock),
    otherFiles: async () =>
      (await nodeFiles.readdir(folder())).filter((name) => !/^a(\.last-good)?\.json$/.test(name)),
    read: async (name) => await nodeFiles.readFile(join(folder(), name ?? ""), "utf8"),
  };
}

export async function openNames(path: string, files: Files, clock = systemClock): Promise<JsonStore<Names>> {
  return await openJsonStore<Names>(path, Names, names(), clock, {
    migrations: namesFormat.migrations,
    files,
  });
}

/** A call that changes the disk. */
export type Step =
  | { readonly call: "mkdir" | "chmod" | "open" | "sync" | "rm"; readonly path: string }
  | { readonly call: "write"; readonly path: string; readonly content: string }
  | { readonly call: "rename"; readonly path: string; readonly to: string };

/** The real file system. Calls `before` before each change; the caller gets the errors that it throws. */
export function watchedFiles(before: (step: Step) => Promise<void> | void): Files {
  const files: Pick<Files, "chmod" | "mkdir" | "open" | "rename" | "rm"> = {
    async chmod(path, mode) {
      await before({ call: "chmod", path: String(path) });
      await nodeFiles.chmod(path, mode);
    },
    mkdir: (async (path: string, options: object) => {
      await before({ call: "mkdir", path });
      return await nodeFiles.mkdir(path, options);
    }) as Files["mkdir"],
    async rename(path, to) {
      await before({ call: "rename", path: String(path), to: String(to) });
      await nodeFiles.rename(path, to);
    },
    async rm(path, options) {
      await before({ call: "rm", path: String(path) });
      await nodeFiles.rm(path, options);
    },
    async open(path, flags, mode) {
      await before({ call: "open", path: String(path) });
      return watchedHandle(await nodeFiles.open(path, flags, mode), String(path), before);
    },
  };
  return { ...nodeFiles, ...files };
}

function watchedHandle(
  handle: nodeFiles.FileHandle,
  path: string,
  before: (step: Step) => Promise<void> | void,
): nodeFiles.FileHandle {
  const { writeFile, sync } = handle;
  handle.writeFile = async (content) => {
    await before({ call: "write", path, content: String(content) });
    await writeFile.call(handle, content);
  };
  handle.sync = async () => {
    await before({ call: "sync", path });
    await sync.call(handle);
  };
  return handle;
}

/** An error in the form of the system's. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
