import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { systemClock } from "../lib/clock.ts";
import { encode } from "./format.ts";
import { openJsonStore } from "./json-store.ts";
import { names, storeFolderForEachTest } from "./testing.ts";

const storeFolder = storeFolderForEachTest();

test("the stored value is there after a restart", async () => {
  await (await storeFolder.open()).update(() => names("web"));
  const store = await storeFolder.open();
  expect(store.get()).toEqual(names("web"));
  expect(store.fault()).toBeNull();
});

test("file, copy and folder are their owner's alone, also where others made them for everybody", async () => {
  await mkdir(storeFolder.folder(), { mode: 0o755 });
  await writeFile(storeFolder.file(), encode(names("web")), { mode: 0o644 });
  await storeFolder.open();
  for (const [at, mode] of [
    [storeFolder.file(), 0o600],
    [storeFolder.copy(), 0o600],
    [storeFolder.folder(), 0o700],
  ] as const)
    expect((await stat(at)).mode & 0o777, at).toBe(mode);
});

test("nothing is written where nothing was stored", async () => {
  await storeFolder.open();
  expect(await readdir(storeFolder.folder())).toEqual([]);
});

test("a file of the first release, without checksum and without a copy, gets a copy and is read", async () => {
  await mkdir(storeFolder.folder());
  await writeFile(storeFolder.file(), '{"version":1,"names":"web db"}');
  const store = await storeFolder.open();
  expect(store.get()).toEqual(names("web", "db"));
  expect(store.fault()).toBeNull();
  expect(await readFile(storeFolder.copy(), "utf8")).toBe('{"version":1,"names":"web db"}');
});

test("writes that overlap end in the last one", async () => {
  const store = await storeFolder.open();
  await Promise.all([1, 2, 3].map(async (n) => await store.update(() => names(`web${n}`))));
  expect((await storeFolder.open()).get()).toEqual(names("web3"));
});

test("changes that overlap all count: each sees what the one before has stored", async () => {
  const store = await storeFolder.open();
  const more = (name: string) => store.update((before) => names(...before.names, name));
  await Promise.all(["web", "db", "cache"].map(more));
  expect(store.get()).toEqual(names("web", "db", "cache"));
  expect((await storeFolder.open()).get()).toEqual(names("web", "db", "cache"));
});

test("a change that is refused, or changes nothing, writes nothing, and the next one goes on", async () => {
  const store = await storeFolder.open();
  const refused = store.update(() => {
    throw new Error("taken");
  });
  await expect(refused).rejects.toThrow("taken");
  await store.update((before) => before);
  expect(await readdir(storeFolder.folder())).toEqual([]);
  expect(await store.update(() => names("web"))).toEqual(names("web"));
});

test("removes a half-written file at the next start after a crash", async () => {
  await (await storeFolder.open()).update(() => names("web"));
  await writeFile(`${storeFolder.file()}.4711.tmp`, '{"vers');
  await writeFile(`${storeFolder.copy()}.0123456789abcdef.tmp`, "");
  await writeFile(`${storeFolder.file()}.lock`, "");
  const store = await storeFolder.open();
  expect(await storeFolder.otherFiles()).toEqual([]);
  await store.update(() => names("db"));
});

test("a value that could not be read again is refused, and the old one stays", async () => {
  const Short = z.object({ version: z.literal(1), name: z.string().max(3) });
  const store = await openJsonStore(storeFolder.file(), Short, { version: 1, name: "web" }, systemClock);
  await store.update(() => ({ version: 1, name: "db" }));
  const refused = store.update(() => ({ version: 1, name: "too long" }));
  await expect(refused).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  expect(store.get().name).toBe("db");
});
