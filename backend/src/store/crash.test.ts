import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { names, openNames, type Step, watchedFiles } from "./testing.ts";

/*
 * Cuts the power at every step in turn. Unsynced content is lost. Of the renames since the last sync of the folder, any number of the
 * latest may be lost, or any subset if the file system keeps no order.
 */

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tailnet-share-crash-"));
});
afterEach(async () => await rm(root, { recursive: true }));

interface Rename {
  readonly from: string;
  readonly to: string;
  readonly moved: Buffer;
  readonly replaced: Buffer | null;
}

/** A disk that works for this many steps and then fails every call. */
function createDisk(folder: string, lastStep: number) {
  const unsynced = new Set<string>();
  let renames: Rename[] = [];
  let steps = 0;

  async function before(step: Step): Promise<void> {
    if (steps >= lastStep) {
      // The write in progress when the power went, half done.
      if (step.call === "write" && steps === lastStep)
        await writeFile(step.path, step.content.slice(0, step.content.length / 2));
      steps += 1;
      throw new Error("the power is gone");
    }
    steps += 1;
    if (step.call === "write") unsynced.add(step.path);
    if (step.call === "sync" && step.path === folder) renames = [];
    else if (step.call === "sync") unsynced.delete(step.path);
    if (step.call === "rename") {
      const replaced = await readFile(step.to).catch(() => null);
      renames.push({ from: step.path, to: step.to, moved: await readFile(step.path), replaced });
      if (unsynced.delete(step.path)) unsynced.add(step.to);
    }
  }

  return {
    files: watchedFiles(before),
    wentOff: () => steps > lastStep,
    /** Copies of the folder in every state that is possible after the cut. */
    async outcomes({ ordered }: { ordered: boolean }): Promise<string[]> {
      for (const path of unsynced) await truncate(path, 0).catch(() => undefined);
      const all = Array.from({ length: 2 ** renames.length }, (_, bits) =>
        renames.map((rename, at) => ({ rename, lost: (bits & (1 << at)) !== 0 })),
      ).filter(
        (choice) => !ordered || choice.every(({ lost }, at) => !lost || choice[at + 1]?.lost !== false),
      );
      return await Promise.all(
        all.map(async (choice, at) => {
          const copy = `${folder}-${at}`;
          await rm(copy, { recursive: true, force: true });
          await cp(folder, copy, { recursive: true, preserveTimestamps: true });
          for (const { rename } of choice.toReversed().filter(({ lost }) => lost))
            await undo(rename, folder, copy);
          return copy;
        }),
      );
    },
  };
}

async function undo({ from, to, moved, replaced }: Rename, folder: string, copy: string): Promise<void> {
  const inCopy = (path: string) => join(copy, path.slice(folder.length));
  await writeFile(inCopy(from), moved);
  if (replaced === null) await rm(inCopy(to), { force: true });
  else await writeFile(inCopy(to), replaced);
}

const openIn = async (folder: string, files = watchedFiles(() => {})) =>
  await openNames(join(folder, "a.json"), files);

/** Runs `scene` with the power cut at step 0, 1, 2, …, until it completes; `check` sees every outcome. */
async function atEveryStep(
  prepare: (folder: string) => Promise<void>,
  scene: (folder: string, files: ReturnType<typeof watchedFiles>) => Promise<void>,
  check: (folder: string, hasEnded: boolean) => Promise<void>,
  { ordered = false } = {},
): Promise<number> {
  for (let lastStep = 0; ; lastStep += 1) {
    const folder = join(root, `step-${lastStep}`);
    await prepare(folder);
    const disk = createDisk(folder, lastStep);
    await scene(folder, disk.files).catch(() => undefined);
    // An answer after the power cut reaches nobody.
    const hasEnded = !disk.wentOff();
    for (const outcome of await disk.outcomes({ ordered })) await check(outcome, hasEnded);
    if (hasEnded) return lastStep;
  }
}

const stored =
  (...list: string[]) =>
  async (folder: string) =>
    void (await (await openIn(folder)).update(() => names(...list)));

async function expectNoLeftovers(folder: string): Promise<void> {
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
}

test("during a change: the new value once it was confirmed, until then it or the one before", async () => {
  const steps = await atEveryStep(
    stored("old"),
    async (folder, files) => void (await (await openIn(folder, files)).update(() => names("new"))),
    async (folder, hasEnded) => {
      const store = await openIn(folder);
      expect(hasEnded ? [names("new")] : [names("old"), names("new")]).toContainEqual(store.get());
      expect(store.fault()).toBeNull();
      await expectNoLeftovers(folder);
    },
  );
  expect(steps).toBeGreaterThan(8);
});

test("during a change, and then the file is found damaged as well: still one of the two", async () => {
  await atEveryStep(
    stored("old"),
    async (folder, files) => void (await (await openIn(folder, files)).update(() => names("new"))),
    async (folder, hasEnded) => {
      await writeFile(join(folder, "a.json"), "damaged");
      const store = await openIn(folder);
      // A confirmed change is in both places.
      const allowed = hasEnded ? [names("new")] : [names("old"), names("new")];
      expect(allowed).toContainEqual(store.get());
      expect(store.fault()?.code).toBe("STORE_DAMAGED");
    },
  );
});

test("during the very first change: it or nothing, and nothing is called damaged", async () => {
  await atEveryStep(
    async (folder) => void (await openIn(folder)),
    async (folder, files) => void (await (await openIn(folder, files)).update(() => names("new"))),
    async (folder, hasEnded) => {
      const store = await openIn(folder);
      expect(hasEnded ? [names("new")] : [names(), names("new")]).toContainEqual(store.get());
    },
    { ordered: true },
  );
});

test("while a damaged file is replaced by its copy: the copy's value, and the damaged one is never lost", async () => {
  await atEveryStep(
    async (folder) => {
      await stored("old")(folder);
      await writeFile(join(folder, "a.json"), "damaged");
    },
    async (folder, files) => void (await openIn(folder, files)),
    async (folder) => {
      const store = await openIn(folder);
      expect(store.get()).toEqual(names("old"));
      expect(store.fault()?.code).toBe("STORE_DAMAGED");
      const contents = (await readdir(folder)).map(
        async (name) => await readFile(join(folder, name), "utf8"),
      );
      expect(await Promise.all(contents)).toContain("damaged");
      await expectNoLeftovers(folder);
    },
    { ordered: true },
  );
});

test("while a file of an older version is replaced by one of this: it or the one before", async () => {
  await atEveryStep(
    async (folder) => {
      await stored("unused")(folder);
      await rm(join(folder, "a.last-good.json"));
      await writeFile(join(folder, "a.json"), '{"version":1,"names":"old"}');
    },
    async (folder, files) => void (await (await openIn(folder, files)).update(() => names("new"))),
    async (folder, hasEnded) => {
      const store = await openIn(folder);
      expect(hasEnded ? [names("new")] : [names("old"), names("new")]).toContainEqual(store.get());
      expect(store.fault()).toBeNull();
    },
  );
});
