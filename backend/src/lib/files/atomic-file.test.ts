import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exclusively, removeStaged, stage, writeAtomically } from "./atomic-file.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-share-file-"));
  path = join(folder, "file.json");
});
afterEach(async () => await rm(folder, { recursive: true }));

test("the old content stays until the new one is committed, and nobody else may read it", async () => {
  await writeAtomically(path, "old");
  const staged = await stage(path, "new");
  expect(await readFile(path, "utf8")).toBe("old");
  await staged.commit();
  expect(await readFile(path, "utf8")).toBe("new");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(path, { bigint: true })).mtimeNs).toBe(staged.stats.mtimeNs);
  expect(await readdir(folder)).toEqual(["file.json"]);
});

test("two writers at once leave one whole file", async () => {
  const contents = ["a", "b", "c"].map((letter) => letter.repeat(100_000));
  await Promise.all(contents.map(async (content) => await writeAtomically(path, content)));
  expect(contents).toContain(await readFile(path, "utf8"));
  expect(await readdir(folder)).toEqual(["file.json"]);
});

test("leaves nothing behind when the file cannot be put in place", async () => {
  await mkdir(path);
  await expect(writeAtomically(path, "new")).rejects.toMatchObject({ code: "EISDIR" });
  expect(await readdir(folder)).toEqual(["file.json"]);
});

test("only what a crash left of this file is removed", async () => {
  const others = [
    "file.json",
    "file.json.lock.txt",
    "other.json.lock",
    "file.json.damaged-2026",
    "other.json.12.tmp",
  ];
  for (const name of [...others, "file.json.4711.tmp", "file.json.0123456789abcdef.tmp", "file.json.lock"])
    await writeFile(join(folder, name), "");
  await removeStaged(path);
  expect((await readdir(folder)).toSorted()).toEqual(others.toSorted());
});

test("one at a time may do what has to be done exclusively, and whoever fails makes way too", async () => {
  let leave = (_: Error): void => {};
  const duringWrite = new Promise<void>((_, reject) => {
    leave = reject;
  });
  const first = exclusively(path, async () => await duringWrite);
  await expect.poll(async () => await readdir(folder)).toEqual(["file.json.lock"]);
  await expect(exclusively(path, async () => "second")).rejects.toMatchObject({ code: "EEXIST" });
  leave(new Error("failed"));
  await expect(first).rejects.toThrow("failed");
  expect(await exclusively(path, async () => "third")).toBe("third");
});
