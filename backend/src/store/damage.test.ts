import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../lib/clock.ts";
import { encode } from "./format.ts";
import { names, storeFolderForEachTest } from "./testing.ts";

const storeFolder = storeFolderForEachTest();

describe("a file that cannot be used", () => {
  const DAMAGE: readonly (readonly [string, (whole: Buffer) => Promise<unknown>])[] = [
    ["cut off", async (whole) => await writeFile(storeFolder.file(), whole.subarray(0, 40))],
    ["empty", async () => await writeFile(storeFolder.file(), "")],
    ["full of zeros", async (whole) => await writeFile(storeFolder.file(), Buffer.alloc(whole.length))],
    [
      "saying something else",
      async (whole) => await writeFile(storeFolder.file(), `${whole}`.replace('"web"', '"wab"')),
    ],
    [
      "a folder",
      async () => {
        await rm(storeFolder.file());
        await mkdir(storeFolder.file());
      },
    ],
    ["far too large", async () => await writeFile(storeFolder.file(), Buffer.alloc(17 * 1024 * 1024))],
  ];

  test.each(DAMAGE)("%s: it is set aside and named, and the last good copy is in use", async (_, damage) => {
    await (await storeFolder.open()).update(() => names("web"));
    await damage(await readFile(storeFolder.file()));
    const store = await storeFolder.open();
    expect(store.get()).toEqual(names("web"));
    const [setAsideFile, ...otherFiles] = await storeFolder.otherFiles();
    expect(otherFiles).toEqual([]);
    expect(store.fault()).toMatchObject({
      code: "STORE_DAMAGED",
      message: expect.stringMatching(
        new RegExp(`^a.json was damaged. It was moved to ${setAsideFile}; the copy from 2\\d{3}-`),
      ),
    });
    // The file is restored as well, so it survives damage to the copy.
    await writeFile(storeFolder.copy(), "");
    expect((await storeFolder.open()).get()).toEqual(names("web"));
  });

  test.each(DAMAGE)("%s, without a copy: it is set aside, and that is said", async (_, damage) => {
    await (await storeFolder.open()).update(() => names("web"));
    await rm(storeFolder.copy());
    await damage(await readFile(storeFolder.file()));
    const store = await storeFolder.open();
    expect(store.get()).toEqual(names());
    expect(store.fault()?.message).toMatch(/there was no good copy, so Tailnet Share started without it/);
    expect(store.fault()?.message).toContain((await storeFolder.otherFiles())[0]);
    await store.update(() => names("db"));
    expect((await storeFolder.open()).get()).toEqual(names("db"));
  });

  test("cut off at any byte, or with a bit of any byte flipped: nothing is lost and what was found is kept", async () => {
    await (await storeFolder.open()).update(() => names("web"));
    const whole = await readFile(storeFolder.file());
    const cut = [...whole.keys()].slice(0, -1).map((length) => whole.subarray(0, length));
    const flipped = [...whole.keys()].map((at) => {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      return bytes;
    });
    for (const damaged of [...cut, ...flipped]) {
      await writeFile(storeFolder.file(), damaged);
      const store = await storeFolder.open();
      expect(store.get(), `${damaged}`).toEqual(names("web"));
      const setAsideFiles = await storeFolder.otherFiles();
      const kept = [storeFolder.file(), ...setAsideFiles.map((name) => join(storeFolder.folder(), name))].map(
        async (at) => await readFile(at),
      );
      expect((await Promise.all(kept)).some((bytes) => bytes.equals(damaged))).toBe(true);
      for (const name of setAsideFiles) {
        expect(store.fault()?.message).toContain(name);
        await rm(join(storeFolder.folder(), name));
      }
    }
  }, 60_000);

  test("a damaged copy is replaced, kept and told of, and costs nothing", async () => {
    await (await storeFolder.open()).update(() => names("web"));
    await writeFile(storeFolder.copy(), "damaged");
    const store = await storeFolder.open();
    expect(store.get()).toEqual(names("web"));
    expect(store.fault()).toMatchObject({
      message: expect.stringContaining("a.json itself is intact and in use"),
      hint: expect.stringContaining("Nothing was lost"),
    });
    expect(await readFile(storeFolder.copy())).toEqual(await readFile(storeFolder.file()));
    expect(await storeFolder.read((await storeFolder.otherFiles())[0])).toBe("damaged");
  });

  test("file and copy both damaged: both are set aside and named", async () => {
    await (await storeFolder.open()).update(() => names("web"));
    await writeFile(storeFolder.file(), "one");
    await writeFile(storeFolder.copy(), "other");
    const store = await storeFolder.open();
    expect(store.get()).toEqual(names());
    const setAsideFiles = await storeFolder.otherFiles();
    expect(setAsideFiles).toHaveLength(2);
    for (const name of setAsideFiles) expect(store.fault()?.message).toContain(name);
  });

  test("a file that is gone comes back from its copy, and that is said", async () => {
    await (await storeFolder.open()).update(() => names("web"));
    await rm(storeFolder.file());
    const store = await storeFolder.open();
    expect(store.get()).toEqual(names("web"));
    expect(store.fault()?.message).toMatch(/^a.json was missing; the copy from .* is in use\.$/);
    expect((await storeFolder.open()).fault()).toBeNull();
  });

  test("damage is reported after every start until something new is stored", async () => {
    await (await storeFolder.open()).update(() => names("web"));
    await writeFile(storeFolder.file(), "damaged");
    const fault = (await storeFolder.open()).fault();
    expect(fault).not.toBeNull();
    const store = await storeFolder.open();
    expect(store.fault()).toEqual(fault);
    await store.update(() => names("db"));
    expect((await storeFolder.open()).fault()).toBeNull();
  });

  test("a crash loop that damages the same file again and again keeps one of each content", async () => {
    await (await storeFolder.open()).update(() => names("web"));
    for (const content of ["one", "one", "other", "one", "other"]) {
      await writeFile(storeFolder.file(), content);
      await storeFolder.open();
    }
    const kept = await Promise.all(
      (await storeFolder.otherFiles()).map(
        async (name) => await readFile(join(storeFolder.folder(), name), "utf8"),
      ),
    );
    expect(kept.toSorted()).toEqual(["one", "other"]);
  });

  test("two that are set aside in the same millisecond get two names", async () => {
    const clock = { ...systemClock, now: () => 1_800_000_000_000 };
    for (const content of ["one", "other"]) {
      await mkdir(storeFolder.folder(), { recursive: true });
      await writeFile(storeFolder.file(), content);
      await storeFolder.open(undefined, clock);
    }
    expect(await storeFolder.otherFiles()).toHaveLength(2);
  });
});

describe("a file of a newer release", () => {
  const newer = encode({ version: 3, shape: "unknown" } as { version: number });

  test("is set aside untouched; the last good copy is in use, and what to do is said", async () => {
    await (await storeFolder.open()).update(() => names("web"));
    await writeFile(storeFolder.file(), newer);
    const store = await storeFolder.open();
    expect(store.get()).toEqual(names("web"));
    expect(store.fault()).toMatchObject({
      code: "STORE_DAMAGED",
      message: expect.stringMatching(/^a.json was written by a newer release. It was moved to a.json.newer-/),
      hint: expect.stringMatching(/^Update Tailnet Share. Nothing was overwritten/),
    });
    await store.update(() => names("db"));
    expect(await storeFolder.read((await storeFolder.otherFiles())[0])).toBe(newer);
  });

  test("a damaged file and its identical copy are kept once", async () => {
    await mkdir(storeFolder.folder());
    await writeFile(storeFolder.file(), newer);
    await writeFile(storeFolder.copy(), newer);
    const store = await storeFolder.open();
    expect(store.get()).toEqual(names());
    const setAsideFiles = await storeFolder.otherFiles();
    expect(setAsideFiles).toEqual([expect.stringMatching(/^a.json.newer-/)]);
    await store.update(() => names("web"));
    // After Tailnet Share's update, the user puts the file back under its old name, and it is used again.
    await rename(join(storeFolder.folder(), setAsideFiles[0] ?? ""), storeFolder.file());
    expect(await readFile(storeFolder.file(), "utf8")).toBe(newer);
  });
});
