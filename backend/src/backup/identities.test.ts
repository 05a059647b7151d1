import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createIdentityFiles } from "./identities.ts";

const KEY = "00000000000000aa";
const MACHINE = { key: KEY, workload: "name:web", deviceId: "m1", home: "https://c t", state: "m-key" };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-share-identities-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

const stateFile = (key = KEY) => join(folder, "machines", key, "tailscaled", "tailscaled.state");
const nodeFile = () => join(folder, "node", "tailscaled.state");

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

test("a machine that is restored is the one that was backed up, and nothing is left beside it", async () => {
  const files = createIdentityFiles(folder);
  await files.writeMachine(MACHINE);
  expect(await files.read(null, new Set([KEY]))).toEqual({ node: null, machines: [MACHINE] });
  expect(await readdir(folder)).toEqual(["machines"]);
});

test("a directory that a restore, or a start, was broken off in is no identity: the next restore completes it", async () => {
  await mkdir(dirname(stateFile()), { recursive: true });
  const files = createIdentityFiles(folder);
  await files.writeMachine(MACHINE);
  expect((await files.read(null, new Set([KEY]))).machines).toEqual([MACHINE]);
});

test("files that a crash left of a restore belong to no machine and are removed by the next one", async () => {
  await put(
    join(folder, "restoring", "machines", "00000000000000bb", "tailscaled", "tailscaled.state"),
    "half",
  );
  const files = createIdentityFiles(folder);
  await files.writeMachine(MACHINE);
  expect(await readdir(join(folder, "machines"))).toEqual([KEY]);
  expect(await readdir(folder)).toEqual(["machines"]);
});

test("a machine that has an identity keeps it", async () => {
  await put(stateFile(), "its own");
  await createIdentityFiles(folder).writeMachine(MACHINE);
  expect(await readFile(stateFile(), "utf8")).toBe("its own");
});

test("a volume that does not take it is said to be so, and no half of it is there", async () => {
  // Blocks the first write, like a full disk.
  await writeFile(join(folder, "restoring"), "");
  await writeFile(join(folder, "machines"), "");
  await writeFile(join(folder, "node"), "");
  const files = createIdentityFiles(folder);
  await expect(files.writeMachine(MACHINE)).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  await expect(files.stageNode({ ...MACHINE })).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  expect((await readdir(folder)).toSorted()).toEqual(["machines", "node"]);
});

test("the node's restored identity is in place only once it is confirmed", async () => {
  await put(nodeFile(), "now");
  const files = createIdentityFiles(folder);
  const givenUp = await files.stageNode({ ...MACHINE, state: "other" });
  await givenUp.discard();
  const next = await files.stageNode({ ...MACHINE, state: "next" });
  expect(await readFile(nodeFile(), "utf8")).toBe("now");
  await next.commit();
  expect(await readFile(nodeFile(), "utf8")).toBe("next");
  expect(await readdir(dirname(nodeFile()))).toEqual(["tailscaled.state"]);
});
