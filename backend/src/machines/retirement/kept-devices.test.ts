import { mkdtemp, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { STATE_FILE, tailscaledDirectory } from "../container/container.ts";
import { createMachineDirectories } from "../device/identity.ts";
import { createKeptDevices, type KeptDevice } from "./kept-devices.ts";
import { returningState } from "./log-out-state.ts";

const KEY = "00000000000000aa";
const OTHER = "00000000000000bb";
const device: KeptDevice = {
  workload: "name:web",
  deviceId: "7",
  home: "https://control.example.com example.com",
  machineKey: Buffer.from(`privkey:${"0f".repeat(32)}`).toString("base64"),
  hostname: "web",
};
let state: string;
const stateFile = (key: string) => join(tailscaledDirectory(state, key), STATE_FILE);
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "tailnet-share-kept-"));
});

test("a device is kept until it is forgotten, for its owner's eyes alone; what cannot be read is none", async () => {
  const kept = createKeptDevices(state);
  const folder = join(state, "kept-devices");
  await kept.tidy();
  expect(await kept.all(device.home)).toEqual([]);
  await kept.keep(KEY, device);
  expect(await kept.get(KEY, device.home)).toMatchObject(device);
  const [file = ""] = await readdir(folder);
  expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  // Half-written by a backend that was killed.
  await writeFile(join(folder, `${file}.00ff.tmp`), "{");
  await kept.tidy();
  expect(await readdir(folder)).toEqual([file]);
  await writeFile(join(folder, file.replace(KEY, OTHER)), "{");
  await writeFile(join(folder, "something else"), "{");
  expect(await kept.all(device.home)).toMatchObject([{ key: KEY, ...device }]);
  await kept.forget(KEY, device.home);
  expect(await kept.get(KEY, device.home)).toBeNull();
  await kept.forget(KEY, device.home);
});

test("keeps a machine's device per tailnet", async () => {
  const kept = createKeptDevices(state);
  const elsewhere = { ...device, home: "https://control.example.com example.org", deviceId: "8" };
  await kept.keep(KEY, device);
  await kept.keep(KEY, elsewhere);
  expect(await kept.get(KEY, device.home)).toMatchObject(device);
  expect(await kept.all(elsewhere.home)).toMatchObject([{ key: KEY, ...elsewhere }]);
  await kept.forget(KEY, elsewhere.home);
  expect(await kept.get(KEY, elsewhere.home)).toBeNull();
  expect(await kept.get(KEY, device.home)).toMatchObject(device);
});

test("the newest comes first, and of more than are worth it the oldest are forgotten", async () => {
  const kept = createKeptDevices(state, 2);
  const keys = ["1", "2", "3"].map((digit) => digit.repeat(16));
  for (const [age, key] of keys.entries()) {
    await kept.keep(key, device);
    const file = (await readdir(join(state, "kept-devices"))).find((name) => name.startsWith(key)) ?? "";
    if (age < 2) await utimes(join(state, "kept-devices", file), age + 1, age + 1);
  }
  expect((await kept.all(device.home)).map(({ key }) => key)).toEqual(
    ["3", "2"].map((digit) => digit.repeat(16)),
  );
});

test("a machine that is made again begins as the device that it was, and one that is somebody already stays that", async () => {
  const directories = createMachineDirectories(state);
  await directories.create(KEY, "web", device);
  expect(await readFile(stateFile(KEY), "utf8")).toBe(returningState(device.machineKey));
  expect((await stat(stateFile(KEY))).mode & 0o777).toBe(0o600);
  await directories.create(OTHER, "api");
  expect(await readdir(tailscaledDirectory(state, OTHER))).toEqual([]);

  await writeFile(stateFile(KEY), "its own");
  await directories.create(KEY, "web", device);
  expect(await readFile(stateFile(KEY), "utf8")).toBe("its own");
});

test("a machine's directory leads whoever makes it again nowhere: nothing is written through a link [S049]", async () => {
  const directories = createMachineDirectories(state);
  await directories.create(OTHER, "api");
  await symlink(join(state, "elsewhere"), stateFile(OTHER));
  await directories.create(OTHER, "api", device);
  await expect(readFile(join(state, "elsewhere"))).rejects.toMatchObject({ code: "ENOENT" });
});
