import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Files } from "../lib/files/atomic-file.ts";
import { names, openNames, type Step, storeFolderForEachTest, systemError, watchedFiles } from "./testing.ts";

const storeFolder = storeFolderForEachTest();

describe("when it cannot be written, memory and file keep the old value and the reason is said", () => {
  test.each([
    ["ENOSPC", "write"],
    ["EDQUOT", "write"],
    ["EIO", "sync"],
    ["EROFS", "open"],
    ["EACCES", "open"],
    ["ENOSPC", "rename"],
  ] as const)("%s at %s", async (code, call) => {
    let broken = false;
    const store = await storeFolder.open((step) => {
      if (broken && step.call === call) throw systemError(code);
    });
    await store.update(() => names("web"));
    const before = await readFile(storeFolder.file());
    broken = true;
    const refused = store.update(() => names("db"));
    await expect(refused).rejects.toMatchObject({
      code: "STORE_UNWRITABLE",
      message: `a.json cannot be written: ${code}.`,
      fault: { hint: expect.stringMatching(/Nothing was changed\.$/) },
    });
    expect(store.get()).toEqual(names("web"));
    expect(await readFile(storeFolder.file())).toEqual(before);
    expect(await readFile(storeFolder.copy())).toEqual(before);
    expect(await storeFolder.otherFiles()).toEqual([]);
    broken = false;
    await store.update(() => names("db"));
    expect((await storeFolder.open()).get()).toEqual(names("db"));
  });

  test("the disk is full in the middle of the copy, when the file itself is written already", async () => {
    let broken = false;
    const store = await storeFolder.open((step) => {
      if (broken && step.call === "write" && step.path.startsWith(storeFolder.copy()))
        throw systemError("ENOSPC");
    });
    await store.update(() => names("web"));
    broken = true;
    await expect(store.update(() => names("db"))).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    expect((await storeFolder.open()).get()).toEqual(names("web"));
    expect(await storeFolder.otherFiles()).toEqual([]);
  });

  test("something stands where the folder was", async () => {
    const store = await storeFolder.open();
    await store.update(() => names("web"));
    await rm(storeFolder.folder(), { recursive: true });
    await writeFile(storeFolder.folder(), "in the way");
    await expect(store.update(() => names())).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    expect(store.get()).toEqual(names("web"));
    await expect(storeFolder.open()).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  });
});

test("when only the copy fails at the very end, the value counts and the doubt is told until a write is whole", async () => {
  let broken = true;
  const store = await storeFolder.open((step) => {
    if (broken && step.call === "rename" && step.to === storeFolder.copy()) throw systemError("EIO");
  });
  await store.update(() => names("web"));
  expect(store.get()).toEqual(names("web"));
  expect((await storeFolder.open()).get()).toEqual(names("web"));
  expect(store.fault()).toMatchObject({ code: "STORE_UNWRITABLE", message: expect.stringContaining("EIO") });
  expect(await storeFolder.otherFiles()).toEqual([]);
  broken = false;
  await store.update(() => names("db"));
  expect(store.fault()).toBeNull();
});

describe("on a disk that takes no change", () => {
  const readOnly = (step: Step) => {
    if (step.call !== "mkdir" && step.call !== "sync") throw systemError("EROFS");
  };

  test("reads the stored value", async () => {
    await (await storeFolder.open()).update(() => names("web"));
    await rm(storeFolder.copy());
    const store = await storeFolder.open(readOnly);
    expect(store.get()).toEqual(names("web"));
    await expect(store.update(() => names())).rejects.toMatchObject({
      message: "a.json cannot be written: EROFS.",
      fault: { hint: expect.stringContaining("writable") },
    });
  });

  test("a damaged file stays, is told of, and is set aside before anything is written later", async () => {
    await (await storeFolder.open()).update(() => names("web"));
    await writeFile(storeFolder.file(), "damaged");
    let broken = true;
    const store = await storeFolder.open((step) => broken && readOnly(step));
    expect(store.get()).toEqual(names("web"));
    expect(store.fault()?.message).toMatch(
      /^a.json was damaged. It could not be moved away \(EROFS\), so nothing can be changed; the copy from /,
    );
    await expect(store.update(() => names("db"))).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    expect(await readFile(storeFolder.file(), "utf8")).toBe("damaged");
    broken = false;
    await store.update(() => names("db"));
    expect((await storeFolder.open()).get()).toEqual(names("db"));
    expect(await storeFolder.read((await storeFolder.otherFiles())[0])).toBe("damaged");
  });
});

test("a read that may succeed later sets nothing aside", async () => {
  await (await storeFolder.open()).update(() => names("web"));
  const files: Files = {
    ...watchedFiles(() => {}),
    readFile: async () => await Promise.reject(systemError("EMFILE")),
  };
  const opened = openNames(storeFolder.file(), files);
  await expect(opened).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  expect(await storeFolder.otherFiles()).toEqual([]);
});

describe("two writers on one volume", () => {
  test("the second finds the first one's change and does not overwrite it", async () => {
    const [first, second] = [await storeFolder.open(), await storeFolder.open()];
    await first.update(() => names("one"));
    await expect(second.update(() => names("two"))).rejects.toMatchObject({
      code: "STORE_UNWRITABLE",
      fault: { hint: expect.stringContaining("another copy of Tailnet Share") },
    });
    expect(second.get()).toEqual(names());
    await first.update(() => names("one", "more"));
    expect((await storeFolder.open()).get()).toEqual(names("one", "more"));
    expect(await storeFolder.otherFiles()).toEqual([]);
  });

  test("of changes at the same moment one counts, and whoever made the others is told", async () => {
    for (let round = 0; round < 50; round += 1) {
      const stores = await Promise.all([storeFolder.open(), storeFolder.open(), storeFolder.open()]);
      const outcomes = await Promise.allSettled(
        stores.map(async (store, at) => await store.update(() => names(`${round}-${at}`))),
      );
      const winners = stores.filter((_, at) => outcomes[at]?.status === "fulfilled");
      expect(winners.map((store) => store.get())).toEqual([(await storeFolder.open()).get()]);
      expect(await storeFolder.otherFiles()).toEqual([]);
    }
  }, 60_000);

  test("touching the file, or putting the same content there, is no change", async () => {
    const store = await storeFolder.open();
    await store.update(() => names("web"));
    const content = await readFile(storeFolder.file());
    await rm(storeFolder.file());
    await writeFile(storeFolder.file(), content);
    await chmod(storeFolder.file(), 0o640);
    await store.update(() => names("db"));
    expect((await storeFolder.open()).get()).toEqual(names("db"));
  });

  test("a file that was removed meanwhile is written again", async () => {
    const store = await storeFolder.open();
    await store.update(() => names("web"));
    await rm(storeFolder.file());
    await store.update(() => names("db"));
    expect((await storeFolder.open()).get()).toEqual(names("db"));
  });
});
