import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeClock, share } from "../testing.ts";
import { openJsonStore } from "./json-store.ts";
import { SharesFile } from "./stored-share.ts";

let folder: string;
let path: string;
const empty: SharesFile = { version: 1, shares: [] };
const open = async () => await openJsonStore<SharesFile>(path, SharesFile, empty, createFakeClock());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-share-store-"));
  path = join(folder, "state", "shares.json");
});
afterEach(async () => await rm(folder, { recursive: true }));

test("what was stored is there after a restart, readable by its owner alone", async () => {
  const store = await open();
  await store.set({ version: 1, shares: [share("web")] });
  expect((await open()).get().shares).toEqual([share("web")]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, "state"))).mode & 0o777).toBe(0o700);
});

test.each([
  ["cut off", '{"version":1,"shares":[{"workload":"na'],
  ["empty", ""],
  ["of another version", '{"version":2,"shares":[]}'],
  ["of another shape", '{"version":1,"shares":[{"workload":"web"}]}'],
])("a file that is %s is set aside unchanged, and named", async (_, content) => {
  await (await open()).set(empty);
  await writeFile(path, content);
  const store = await open();
  const [aside, ...others] = (await readdir(join(folder, "state"))).filter((name) => name !== "shares.json");
  expect(others).toEqual([]);
  expect(store.get()).toEqual(empty);
  expect(store.fault()?.code).toBe("STORE_DAMAGED");
  expect(store.fault()?.message).toContain(aside);
  expect(await readFile(join(folder, "state", aside ?? ""), "utf8")).toBe(content);
});

test("a folder in the file's place is set aside too", async () => {
  await mkdir(path, { recursive: true });
  const store = await open();
  expect(store.fault()?.code).toBe("STORE_DAMAGED");
  await store.set({ version: 1, shares: [share("web")] });
  expect((await open()).get().shares).toHaveLength(1);
});

test("when the file cannot be written, the old value stays and the reason is said", async () => {
  const store = await open();
  await store.set({ version: 1, shares: [share("web")] });
  await rm(join(folder, "state"), { recursive: true });
  await writeFile(join(folder, "state"), "in the way");
  await expect(store.set(empty)).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  expect(store.get().shares).toEqual([share("web")]);
});

test("writes that overlap end in the last one", async () => {
  const store = await open();
  await Promise.all([1, 2, 3].map(async (n) => await store.set({ version: 1, shares: [share(`web${n}`)] })));
  expect((await open()).get().shares).toEqual([share("web3")]);
});
