import { access, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { machineDirectory, STATE_FILE, tailscaledDirectory } from "../container/container.ts";
import { createMachineDirectories } from "../device/identity.ts";
import { createDismiss } from "./dismiss.ts";
import { createKeptDevices } from "./kept-devices.ts";

const KEY = "00000000000000aa";
const HOME = "https://control.example.com example.com";
const kept = {
  workload: "name:web",
  deviceId: "7",
  home: HOME,
  machineKey: "AAAA",
  hostname: "web",
} as const;
let state: string;
let entries: string[];

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "tailnet-share-dismiss-"));
  entries = [KEY];
  await mkdir(tailscaledDirectory(state, KEY), { recursive: true });
  await writeFile(join(tailscaledDirectory(state, KEY), STATE_FILE), "{}");
});

/** A backend that starts with the files on disk; `crashAt` ends it before that call. */
function backend(crashAt: string | null = null, home: string | null = HOME) {
  const directories = createMachineDirectories(state);
  const keptDevices = createKeptDevices(state);
  const crashing =
    <A extends unknown[]>(name: string, work: (...args: A) => Promise<void>) =>
    async (...args: A) => {
      if (crashAt === name) throw new Error("the backend ended");
      await work(...args);
    };
  const dismiss = createDismiss({
    directories: { ...directories, remove: crashing("remove", directories.remove) },
    keptDevices: { forget: crashing("forget", keptDevices.forget) },
    retired: crashing("retired", async (key) => {
      entries = entries.filter((entry) => entry !== key);
      await Promise.resolve();
    }),
    home: () => home,
  });
  return { dismiss, directories, keptDevices };
}

async function expectNothingLeft(): Promise<void> {
  expect(entries).toEqual([]);
  await expect(access(machineDirectory(state, KEY))).rejects.toThrow();
  expect(await createKeptDevices(state).all(HOME)).toEqual([]);
}

test.each([null, "forget", "remove", "retired"])(
  "leaves nothing of a dismissed machine when the backend ends before '%s' and starts again",
  async (crashAt) => {
    const first = backend(crashAt);
    await first.directories.note(KEY, { version: 1, workload: "name:web", deviceId: "7", home: HOME });
    await first.keptDevices.keep(KEY, kept);
    if (crashAt === null) await first.dismiss(KEY);
    else {
      await expect(first.dismiss(KEY)).rejects.toThrow("the backend ended");
      // The store still has it, so the step is planned again.
      expect(entries).toEqual([KEY]);
      await backend().dismiss(KEY);
    }
    await expectNothingLeft();
  },
);

test("forgets what a retirement kept of a machine that has no note, under the present tailnet", async () => {
  const { dismiss, keptDevices } = backend();
  await keptDevices.keep(KEY, kept);
  await dismiss(KEY);
  await expectNothingLeft();
});

test("leaves what the same workload was in another tailnet", async () => {
  const elsewhere = { ...kept, home: "https://other.example.com example.com" };
  const { dismiss, keptDevices } = backend();
  await keptDevices.keep(KEY, elsewhere);
  await dismiss(KEY);
  expect(await keptDevices.all(elsewhere.home)).toMatchObject([{ key: KEY }]);
});

test("forgets a machine while the node is in no tailnet", async () => {
  await backend(null, null).dismiss(KEY);
  await expectNothingLeft();
});
