import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../lib/clock.ts";
import { encode } from "./format.ts";
import { names, placeForEachTest } from "./testing.ts";

const place = placeForEachTest();

describe("a file that cannot be used", () => {
  const DAMAGE: readonly (readonly [string, (whole: Buffer) => Promise<unknown>])[] = [
    ["cut off", async (whole) => await writeFile(place.file(), whole.subarray(0, 40))],
    ["empty", async () => await writeFile(place.file(), "")],
    ["full of zeros", async (whole) => await writeFile(place.file(), Buffer.alloc(whole.length))],
    [
      "saying something else",
      async (whole) => await writeFile(place.file(), `${whole}`.replace('"web"', '"wab"')),
    ],
    [
      "a folder",
      async () => {
        await rm(place.file());
        await mkdir(place.file());
      },
    ],
    ["far too large", async () => await writeFile(place.file(), Buffer.alloc(17 * 1024 * 1024))],
  ];

  test.each(DAMAGE)("%s: it is set aside and named, and the last good copy is in use", async (_, damage) => {
    await (await place.open()).update(() => names("web"));
    await damage(await readFile(place.file()));
    const store = await place.open();
    expect(store.get()).toEqual(names("web"));
    const [aside, ...others] = await place.others();
    expect(others).toEqual([]);
    expect(store.fault()).toMatchObject({
      code: "STORE_DAMAGED",
      message: expect.stringMatching(
        new RegExp(`^a.json was damaged. It was moved to ${aside}; the copy from 2\\d{3}-`),
      ),
    });
    // The file is restored as well, so it survives damage to the copy.
    await writeFile(place.copy(), "");
    expect((await place.open()).get()).toEqual(names("web"));
  });

  test.each(DAMAGE)("%s, without a copy: it is set aside, and that is said", async (_, damage) => {
    await (await place.open()).update(() => names("web"));
    await rm(place.copy());
    await damage(await readFile(place.file()));
    const store = await place.open();
    expect(store.get()).toEqual(names());
    expect(store.fault()?.message).toMatch(/there was no good copy, so the extension started without it/);
    expect(store.fault()?.message).toContain((await place.others())[0]);
    await store.update(() => names("db"));
    expect((await place.open()).get()).toEqual(names("db"));
  });

  test("cut off at any byte, or with a bit of any byte flipped: nothing is lost and what was found is kept", async () => {
    await (await place.open()).update(() => names("web"));
    const whole = await readFile(place.file());
    const cut = [...whole.keys()].slice(0, -1).map((length) => whole.subarray(0, length));
    const flipped = [...whole.keys()].map((at) => {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      return bytes;
    });
    for (const damaged of [...cut, ...flipped]) {
      await writeFile(place.file(), damaged);
      const store = await place.open();
      expect(store.get(), `${damaged}`).toEqual(names("web"));
      const asides = await place.others();
      const kept = [place.file(), ...asides.map((name) => join(place.folder(), name))].map(
        async (at) => await readFile(at),
      );
      expect((await Promise.all(kept)).some((bytes) => bytes.equals(damaged))).toBe(true);
      for (const name of asides) {
        expect(store.fault()?.message).toContain(name);
        await rm(join(place.folder(), name));
      }
    }
  }, 60_000);

  test("a damaged copy is replaced, kept and told of, and costs nothing", async () => {
    await (await place.open()).update(() => names("web"));
    await writeFile(place.copy(), "damaged");
    const store = await place.open();
    expect(store.get()).toEqual(names("web"));
    expect(store.fault()).toMatchObject({
      message: expect.stringContaining("a.json itself is intact and in use"),
      hint: expect.stringContaining("Nothing was lost"),
    });
    expect(await readFile(place.copy())).toEqual(await readFile(place.file()));
    expect(await place.read((await place.others())[0])).toBe("damaged");
  });

  test("file and copy both damaged: both are set aside and named", async () => {
    await (await place.open()).update(() => names("web"));
    await writeFile(place.file(), "one");
    await writeFile(place.copy(), "other");
    const store = await place.open();
    expect(store.get()).toEqual(names());
    const asides = await place.others();
    expect(asides).toHaveLength(2);
    for (const name of asides) expect(store.fault()?.message).toContain(name);
  });

  test("a file that is gone comes back from its copy, and that is said", async () => {
    await (await place.open()).update(() => names("web"));
    await rm(place.file());
    const store = await place.open();
    expect(store.get()).toEqual(names("web"));
    expect(store.fault()?.message).toMatch(/^a.json was missing; the copy from .* is in use\.$/);
    expect((await place.open()).fault()).toBeNull();
  });

  test("damage is reported after every start until something new is stored", async () => {
    await (await place.open()).update(() => names("web"));
    await writeFile(place.file(), "damaged");
    const told = (await place.open()).fault();
    expect(told).not.toBeNull();
    const store = await place.open();
    expect(store.fault()).toEqual(told);
    await store.update(() => names("db"));
    expect((await place.open()).fault()).toBeNull();
  });

  test("a crash loop that damages the same file again and again keeps one of each content", async () => {
    await (await place.open()).update(() => names("web"));
    for (const content of ["one", "one", "other", "one", "other"]) {
      await writeFile(place.file(), content);
      await place.open();
    }
    const kept = await Promise.all(
      (await place.others()).map(async (name) => await readFile(join(place.folder(), name), "utf8")),
    );
    expect(kept.toSorted()).toEqual(["one", "other"]);
  });

  test("two that are set aside in the same millisecond get two names", async () => {
    const clock = { ...systemClock, now: () => 1_800_000_000_000 };
    for (const content of ["one", "other"]) {
      await mkdir(place.folder(), { recursive: true });
      await writeFile(place.file(), content);
      await place.open(undefined, clock);
    }
    expect(await place.others()).toHaveLength(2);
  });
});

describe("a file of a newer release", () => {
  const newer = encode({ version: 3, shape: "unknown" } as { version: number });

  test("is set aside untouched; the last good copy is in use, and what to do is said", async () => {
    await (await place.open()).update(() => names("web"));
    await writeFile(place.file(), newer);
    const store = await place.open();
    expect(store.get()).toEqual(names("web"));
    expect(store.fault()).toMatchObject({
      code: "STORE_DAMAGED",
      message: expect.stringMatching(/^a.json was written by a newer release. It was moved to a.json.newer-/),
      hint: expect.stringMatching(/^Update the extension. Nothing was overwritten/),
    });
    await store.update(() => names("db"));
    expect(await place.read((await place.others())[0])).toBe(newer);
  });

  test("a damaged file and its identical copy are kept once", async () => {
    await mkdir(place.folder());
    await writeFile(place.file(), newer);
    await writeFile(place.copy(), newer);
    const store = await place.open();
    expect(store.get()).toEqual(names());
    const asides = await place.others();
    expect(asides).toEqual([expect.stringMatching(/^a.json.newer-/)]);
    await store.update(() => names("web"));
    // After the extension's update, the user puts the file back under its old name, and it is used again.
    await rename(join(place.folder(), asides[0] ?? ""), place.file());
    expect(await readFile(place.file(), "utf8")).toBe(newer);
  });
});
