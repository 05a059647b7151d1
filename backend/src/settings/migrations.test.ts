import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { decode, encode } from "../store/format.ts";
import { openJsonStore } from "../store/json-store.ts";
import { createFakeClock } from "../testing.ts";
import { INITIAL_SETTINGS, SettingsFile, settingsMigrations } from "./settings-file.ts";

/* Each fixture is a file as written by a release with that version. */
const FIXTURES = new URL("fixtures/", import.meta.url);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-share-migrations-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

async function openSettings(version: number) {
  const path = join(folder, "settings.json");
  await copyFile(new URL(`settings.v${version}.json`, FIXTURES), path);
  return await openJsonStore<SettingsFile>(path, SettingsFile, INITIAL_SETTINGS, createFakeClock(), {
    migrations: settingsMigrations,
  });
}

test("keeps a fixture and a migration for every old version of the settings", async () => {
  const kept = await readdir(FIXTURES);
  for (let version: number = SettingsFile.shape.version.value - 1; version >= 1; version -= 1) {
    expect(kept).toContain(`settings.v${version}.json`);
    expect(settingsMigrations[version]).toBeTypeOf("function");
  }
});

test("settings of version 1 keep what was chosen; the new ones are as if never touched", async () => {
  const store = await openSettings(1);
  expect(store.fault()).toBeNull();
  expect(store.get()).toMatchObject({
    version: SettingsFile.shape.version.value,
    controlUrl: "https://headscale.example.com",
    hostname: "workshop",
    oneClick: "auto",
    machineNames: "service",
    updateNotices: "all",
  });
});

test("settings of version 2 keep what was chosen, and whose the machines are; the new ones are as if never touched", async () => {
  const store = await openSettings(2);
  expect(store.fault()).toBeNull();
  expect(store.get()).toEqual({
    version: SettingsFile.shape.version.value,
    controlUrl: "https://headscale.example.com",
    hostname: "workshop",
    oneClick: "node",
    machineTailscale: "stable",
    machineNames: "service",
    updateNotices: "all",
    authorities: "",
    panelOnTailnet: false,
    installation: "0123456789abcdef0123456789abcdef",
    hostnameAccount: "",
  });
});

test("settings of version 3 keep what was chosen, and trust nobody else than before", async () => {
  const store = await openSettings(3);
  expect(store.fault()).toBeNull();
  expect(store.get()).toEqual({
    version: SettingsFile.shape.version.value,
    controlUrl: "https://headscale.example.com",
    hostname: "workshop",
    oneClick: "machine",
    machineTailscale: "v1.102",
    machineNames: "project-service",
    updateNotices: "security",
    authorities: "",
    panelOnTailnet: false,
    installation: "0123456789abcdef0123456789abcdef",
    hostnameAccount: "",
  });
});

test("settings of version 4 keep what was chosen; the node keeps the name that it has", async () => {
  const store = await openSettings(4);
  expect(store.fault()).toBeNull();
  expect(store.get()).toMatchObject({
    version: SettingsFile.shape.version.value,
    hostname: "workshop",
    authorities: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    hostnameAccount: "",
  });
});

test("settings of version 5 keep what was chosen; the panel stays closed to the tailnet", async () => {
  const store = await openSettings(5);
  expect(store.fault()).toBeNull();
  expect(store.get()).toMatchObject({
    version: SettingsFile.shape.version.value,
    hostname: "workshop",
    hostnameAccount: "acc1",
    panelOnTailnet: false,
  });
});

test("keeps the names and notices chosen in settings of version 2 that had them already", async () => {
  const old = {
    controlUrl: "",
    hostname: "docker",
    oneClick: "auto",
    machineTailscale: "",
    installation: "i",
  };
  const chosen = { ...old, machineNames: "project-service", updateNotices: "none" };
  const format = {
    schema: SettingsFile,
    version: SettingsFile.shape.version.value,
    migrations: settingsMigrations,
  };
  expect(decode(encode({ version: 2, ...chosen }), format)).toMatchObject({ kind: "good", value: chosen });
});

test("a release that knows version 2 only does not read, and so cannot shorten, what this one writes", () => {
  const {
    machineNames: _,
    updateNotices: __,
    authorities: ___,
    hostnameAccount: ____,
    panelOnTailnet: _____,
    ...shape
  } = SettingsFile.shape;
  const earlier = {
    schema: z.object({ ...shape, version: z.literal(2) }),
    version: 2,
    migrations: settingsMigrations,
  };
  const now = SettingsFile.parse({
    ...{
      version: SettingsFile.shape.version.value,
      authorities: "",
      controlUrl: "",
      hostname: "docker",
      oneClick: "auto",
      machineTailscale: "",
    },
    ...{ machineNames: "service", updateNotices: "all", installation: "i", hostnameAccount: "" },
    panelOnTailnet: false,
  });
  expect(decode(encode(now), earlier)).toEqual({ kind: "newer" });
});
