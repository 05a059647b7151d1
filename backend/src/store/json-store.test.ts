import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { systemClock } from "../lib/clock.ts";
import { encode } from "./format.ts";
import { openJsonStore } from "./json-store.ts";
import { names, placeForEachTest } from "./testing.ts";

const place = placeForEachTest();

test("the stored value is there after a restart", async () => {
  await (await place.open()).update(() => names("web"));
  const store = await place.open();
  expect(store.get()).toEqual(names("web"));
  expect(store.fault()).toBeNull();
});

test("file, copy and folder are their owner's alone, also where others made them for everybody", async () => {
  await mkdir(place.folder(), { mode: 0o755 });
  await writeFile(place.file(), encode(names("web")), { mode: 0o644 });
  await place.open();
  for (const [at, mode] of [
    [place.file(), 0o600],
    [place.copy(), 0o600],
    [place.folder(), 0o700],
  ] as const)
    expect((await stat(at)).mode & 0o777, at).toBe(mode);
});

test("nothing is written where nothing was stored", async () => {
  await place.open();
  expect(await readdir(place.folder())).toEqual([]);
});

test("a file of the first release, without checksum and without a copy, gets a copy and is read", async () => {
  await mkdir(place.folder());
  await writeFile(place.file(), '{"version":1,"names":"web db"}');
  const store = await place.open();
  expect(store.get()).toEqual(names("web", "db"));
  expect(store.fault()).toBeNull();
  expect(await readFile(place.copy(), "utf8")).toBe('{"version":1,"names":"web db"}');
});

test("writes that overlap end in the last one", async () => {
  const store = await place.open();
  await Promise.all([1, 2, 3].map(async (n) => await store.update(() => names(`web${n}`))));
  expect((await place.open()).get()).toEqual(names("web3"));
});

test("changes that overlap all count: each sees what the one before has stored", async () => {
  const store = await place.open();
  const more = (name: string) => store.update((before) => names(...before.names, name));
  await Promise.all(["web", "db", "cache"].map(more));
  expect(store.get()).toEqual(names("web", "db", "cache"));
  expect((await place.open()).get()).toEqual(names("web", "db", "cache"));
});

test("a change that is refused, or changes nothing, writes nothing, and the next one goes on", async () => {
  const store = await place.open();
  const refused = store.update(() => {
    throw new Error("taken");
  });
  await expect(refused).rejects.toThrow("taken");
  await store.update((before) => before);
  expect(await readdir(place.folder())).toEqual([]);
  expect(await store.update(() => names("web"))).toEqual(names("web"));
});

test("removes a half-written file at the next start after a crash", async () => {
  await (await place.open()).update(() => names("web"));
  await writeFile(`${place.file()}.4711.tmp`, '{"vers');
  await writeFile(`${place.copy()}.0123456789abcdef.tmp`, "");
  await writeFile(`${place.file()}.lock`, "");
  const store = await place.open();
  expect(await place.others()).toEqual([]);
  await store.update(() => names("db"));
});

test("a value that could not be read again is refused, and the old one stays", async () => {
  const Short = z.object({ version: z.literal(1), name: z.string().max(3) });
  const store = await openJsonStore(place.file(), Short, { version: 1, name: "web" }, systemClock);
  await store.update(() => ({ version: 1, name: "db" }));
  const refused = store.update(() => ({ version: 1, name: "too long" }));
  await expect(refused).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  expect(store.get().name).toBe("db");
});
