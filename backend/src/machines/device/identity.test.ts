import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { tailscaledDirectory } from "../container/container.ts";
import { createMachineDirectories, type MachineIdentity } from "./identity.ts";

const KEY = "00000000000000aa";
const identity: MachineIdentity = { version: 1, workload: "name:web", deviceId: "7", home: "control tail" };
let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "tailnet-share-machines-"));
});

test("an identity is there until it is removed, and a note that cannot be read is none", async () => {
  const directories = createMachineDirectories(state);
  expect(await directories.identities()).toEqual(new Map());
  await directories.create(KEY, "web");
  expect(await directories.identities()).toEqual(new Map([[KEY, null]]));
  expect((await stat(tailscaledDirectory(state, KEY))).mode & 0o777).toBe(0o700);
  await directories.note(KEY, identity);
  expect(await directories.identities()).toEqual(new Map([[KEY, identity]]));
  await writeFile(join(state, "machines", KEY, "machine.json"), "{");
  expect(await directories.identities()).toEqual(new Map([[KEY, null]]));
  await directories.remove(KEY);
  expect(await directories.identities()).toEqual(new Map());
});

test("machines that can't be listed are not taken for none, and a note that can't be read is read again [S200]", async () => {
  const directories = createMachineDirectories(state);
  await writeFile(join(state, "machines"), "no folder");
  await expect(directories.identities()).rejects.toThrow("ENOTDIR");
  await rm(join(state, "machines"));
  await directories.create(KEY, "web");
  const note = join(state, "machines", KEY, "machine.json");
  await symlink(note, note);
  expect(await directories.identities()).toEqual(new Map([[KEY, null]]));
  await rm(note);
  await directories.note(KEY, identity);
  expect(await directories.identities()).toEqual(new Map([[KEY, identity]]));
});

const pem = (text: string) => `-----BEGIN SOMETHING-----\n${text}\n`;

test("a machine cannot have the next one given what it links to, nor what is no certificate [S046]", async () => {
  const directories = createMachineDirectories(state);
  await directories.create(KEY, "web");
  await writeFile(join(state, "credentials.json"), pem("secret"));
  const certificates = join(tailscaledDirectory(state, KEY), "certs");
  await mkdir(certificates);
  await symlink(join(state, "credentials.json"), join(certificates, "web.link.key"));
  await writeFile(join(certificates, "web.other.key"), "anything");
  await writeFile(join(certificates, "web.tail.test.key"), pem("own"));
  await directories.remove(KEY);
  expect(await readdir(join(state, "certificates"))).toEqual(["web.tail.test.key"]);

  const LINKED = "00000000000000dd";
  await directories.create(LINKED, "other");
  await mkdir(join(state, "elsewhere"));
  await writeFile(join(state, "elsewhere", "web.node.key"), pem("secret"));
  await symlink(join(state, "elsewhere"), join(tailscaledDirectory(state, LINKED), "certs"));
  await directories.remove(LINKED);
  expect(await readdir(join(state, "certificates"))).toEqual(["web.tail.test.key"]);
});

test("certificates outlive their machine, and only the next one of that name gets them", async () => {
  const directories = createMachineDirectories(state);
  await directories.create(KEY, "web");
  const certificates = join(tailscaledDirectory(state, KEY), "certs");
  await mkdir(certificates);
  for (const file of ["web.tail.test.crt", "web.tail.test.key", "acme-account.key.pem"])
    await writeFile(join(certificates, file), pem(file), { mode: 0o600 });
  await directories.remove(KEY);

  await directories.create("00000000000000bb", "website");
  expect(await readdir(tailscaledDirectory(state, "00000000000000bb"))).toEqual([]);
  await directories.create("00000000000000cc", "web");
  const again = join(tailscaledDirectory(state, "00000000000000cc"), "certs");
  expect((await readdir(again)).sort()).toEqual(["web.tail.test.crt", "web.tail.test.key"]);
  expect(await readFile(join(again, "web.tail.test.key"), "utf8")).toBe(pem("web.tail.test.key"));
  expect((await stat(join(again, "web.tail.test.key"))).mode & 0o777).toBe(0o600);
});
