import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PlainBed } from "../../src/bed.ts";
import { type DocumentedRun, openDocumentedRun, type StartedRun } from "../fixtures/documented-run.ts";
import { openPlainBed } from "../fixtures/open-bed.ts";

/** Where engines mount secrets. */
const PATH = "/run/secrets/tailnet-share-auth-key";
/** The first user of a Linux computer, who usually writes the file. */
const USER = 1000;

describe("a first start with the auth key in a file", () => {
  let bed: PlainBed;
  let run: DocumentedRun;
  let folder: string;
  let file: string;
  let key: string;

  beforeAll(async () => {
    bed = await openPlainBed();
    const { control, network } = bed.tailnet;
    const env = { ...control.surroundings.env, TS_AUTHKEY_FILE: PATH, TS_CONTROL_URL: control.url };
    run = await openDocumentedRun(bed.engine, { network: network.name, env });
    folder = await mkdtemp(join(tmpdir(), "tailnet-share-key-"));
    file = join(folder, "auth-key");
    key = await control.createAuthKey();
  });
  afterAll(async () => {
    await run?.close();
    await bed?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });
  // Once it was logged in and out, the node uses no key.
  beforeEach(async () => await run.forget());

  async function put(text: string, mode: number, owner = 0): Promise<void> {
    await rm(file, { recursive: true, force: true });
    await writeFile(file, text);
    await chown(file, owner, owner);
    await chmod(file, mode);
  }

  const start = async (): Promise<StartedRun> =>
    await run.start({ with: [`--mount type=bind,source=${file},target=${PATH},readonly`] });

  it.each([
    ["root's with mode 0400", 0o400, 0],
    ["a user's with mode 0644", 0o644, USER],
  ])("logs in with a file that is %s, and logs nothing of the key [S197]", async (_, mode, owner) => {
    await put(`${key}\n`, mode, owner);
    const { api, backend } = await start();
    await api.connected();
    expect(await backend.logs()).not.toContain(key);
  });

  it.each<[string, () => Promise<void>, string, string]>([
    [
      "a user's with mode 0600",
      async () => await put(key, 0o600, USER),
      "may not read",
      "Let root own the file",
    ],
    ["empty", async () => await put("\n", 0o400), "is empty", "Make an auth key"],
    [
      "a folder, which an engine makes for a missing source",
      async () => {
        await rm(file, { recursive: true, force: true });
        await mkdir(file);
      },
      "names a folder",
      "Check the path",
    ],
    ["not one key", async () => await put(`${key} ${key}`, 0o400), "one word", "Make an auth key"],
  ])(
    "says what is wrong with a file that is %s, and logs in once it is right",
    async (_, prepare, says, step) => {
      await prepare();
      const { api } = await start();
      expect(await unusable(api)).toMatchObject({
        message: expect.stringContaining(says),
        hint: expect.stringContaining(step),
      });
      await put(key, 0o400);
      await (await start()).api.connected();
    },
  );

  it("says that a file is not there, and logs in once it is mounted", async () => {
    const { api } = await run.start();
    expect(await unusable(api)).toMatchObject({
      message: expect.stringContaining("names a file that is not there"),
      hint: expect.stringContaining("Mount the secret"),
    });
    await put(key, 0o400);
    await (await start()).api.connected();
  });

  it("says that a key was used, and logs in with another one in the same file after a restart", async () => {
    await put(await bed.tailnet.control.createAuthKey({ reusable: false }), 0o400);
    await (await start()).api.connected();
    await run.forget();
    const { api, backend } = await start();
    const fault = await api.waitFor("the refusal", ({ node }) =>
      node.state === "logged-out" ? node.fault : null,
    );
    expect(fault).toMatchObject({ code: "AUTH_KEY_REFUSED", hint: expect.stringMatching(/\S/) });
    // In place, because the mount is of this file.
    await writeFile(file, key);
    await backend.restart();
    await api.connected();
  });

  async function unusable(api: StartedRun["api"]) {
    const { alerts, node } = await api.waitFor("the reason", (snapshot) =>
      snapshot.alerts.some(({ code }) => code === "ENVIRONMENT_UNUSABLE") &&
      snapshot.node.state === "logged-out"
        ? snapshot
        : null,
    );
    expect(node).toMatchObject({ login: null, fault: null });
    return alerts.find(({ code }) => code === "ENVIRONMENT_UNUSABLE");
  }
});
