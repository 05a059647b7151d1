import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { storeProbe } from "./store-probe.ts";

let folder = "";
const signal = new AbortController().signal;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "health-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

test("writes into the folder and leaves nothing there", async () => {
  await storeProbe(folder, () => [])(signal);
  expect(await readdir(folder)).toEqual([]);
});

test("a file that an earlier look left behind is in nobody's way", async () => {
  await writeFile(join(folder, ".health"), "left");
  await storeProbe(folder, () => [])(signal);
  expect(await readdir(folder)).toEqual([]);
});

test("passes for looks at the same time, such as the engine's and a user's", async () => {
  for (let round = 0; round < 10; round += 1)
    await Promise.all(Array.from({ length: 5 }, async () => await storeProbe(folder, () => [])(signal)));
  expect(await readdir(folder)).toEqual([]);
});

test("fails where nothing can be written, with the system's code", async () => {
  await expect(storeProbe(join(folder, "gone"), () => [])(signal)).rejects.toThrow("ENOENT");
});

test("fails while a store could not be written, and not for damage that was mended", async () => {
  const fault = (code: "STORE_UNWRITABLE" | "STORE_DAMAGED") => ({
    code,
    message: "Somebody else writes.",
    hint: "",
  });
  await expect(storeProbe(folder, () => [fault("STORE_UNWRITABLE")])(signal)).rejects.toThrow(
    "Somebody else",
  );
  await storeProbe(folder, () => [fault("STORE_DAMAGED")])(signal);
});
