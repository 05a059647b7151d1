import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openJsonStore } from "../store/json-store.ts";
import { createFakeClock } from "../testing.ts";
import { sharesMigrations } from "./migrations.ts";
import { SharesFile } from "./stored-share.ts";

/* Each fixture is a file as written by a release with that version. */
const FIXTURES = new URL("fixtures/", import.meta.url);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-share-migrations-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

async function openShares(version: number) {
  const path = join(folder, "shares.json");
  await copyFile(new URL(`shares.v${version}.json`, FIXTURES), path);
  const initial: SharesFile = { version: SharesFile.shape.version.value, shares: [], retiring: [] };
  return await openJsonStore<SharesFile>(path, SharesFile, initial, createFakeClock(), {
    migrations: sharesMigrations,
  });
}

test("keeps a fixture and a migration for every old version of the shares", async () => {
  const kept = await readdir(FIXTURES);
  for (let version: number = SharesFile.shape.version.value - 1; version >= 1; version -= 1) {
    expect(kept).toContain(`shares.v${version}.json`);
    expect(sharesMigrations[version]).toBeTypeOf("function");
  }
});

test("shares of version 1 are all there, on the node's ports that they had, and no machines", async () => {
  const store = await openShares(1);
  expect(store.fault()).toBeNull();
  expect(store.get()).toEqual({
    version: SharesFile.shape.version.value,
    retiring: [],
    shares: [
      {
        workload: "compose:shop/web/1",
        mode: "node",
        ports: [
          { port: 8080, protocol: "tcp", nodePort: 8080 },
          { port: 53, protocol: "udp", nodePort: 5353 },
        ],
        machine: null,
        network: null,
        until: null,
        name: "web",
        project: "shop",
        image: "shop/web:latest",
        lastContainerId: "5f0c1d2e3b4a59687766554433221100ffeeddccbbaa99887766554433221100",
      },
      {
        workload: "name:grüße",
        mode: "node",
        ports: [{ port: 80, protocol: "tcp", nodePort: 80 }],
        machine: null,
        network: null,
        until: null,
        name: "grüße",
        project: null,
        image: "sha256:0123",
        lastContainerId: null,
      },
    ],
  });
});

test("shares of version 2 are all there, and machines that retire still do; whose those were is not known", async () => {
  const store = await openShares(2);
  expect(store.fault()).toBeNull();
  expect(store.get()).toEqual({
    version: SharesFile.shape.version.value,
    shares: [
      {
        workload: "name:wiki",
        mode: "machine",
        ports: [{ port: 80, protocol: "tcp", nodePort: 80 }],
        machine: {
          key: "0123456789abcdef",
          name: "wiki",
          reachTailnet: false,
          httpsPort: 80,
          funnel: false,
        },
        network: null,
        until: 1_793_620_800_000,
        name: "wiki",
        project: null,
        image: "wiki:latest",
        lastContainerId: null,
      },
    ],
    retiring: [
      { key: "fedcba9876543210", workload: null, name: "db", since: 1_793_534_400_000, dismissed: false },
    ],
  });
});

test("shares of version 3 are all there, by whichever network they went, and whose a retiring machine was", async () => {
  const store = await openShares(3);
  expect(store.fault()).toBeNull();
  expect(store.get()).toEqual({
    version: SharesFile.shape.version.value,
    shares: [
      {
        workload: "compose:shop/web/1",
        mode: "node",
        ports: [{ port: 80, protocol: "tcp", nodePort: 8080 }],
        machine: null,
        network: null,
        until: null,
        name: "web",
        project: "shop",
        image: "shop/web:latest",
        lastContainerId: "5f0c1d2e3b4a59687766554433221100ffeeddccbbaa99887766554433221100",
      },
    ],
    retiring: [
      {
        key: "fedcba9876543210",
        workload: "name:db",
        name: "db",
        since: 1_793_534_400_000,
        dismissed: false,
      },
    ],
  });
});

test("shares of version 4 are all there, and none has HTTPS", async () => {
  const store = await openShares(4);
  expect(store.fault()).toBeNull();
  expect(store.get()).toEqual({
    version: SharesFile.shape.version.value,
    shares: [
      {
        workload: "compose:shop/web/1",
        mode: "node",
        ports: [
          { port: 3000, protocol: "tcp", nodePort: 3000 },
          { port: 5353, protocol: "udp", nodePort: 5353 },
        ],
        machine: null,
        network: "shop_front",
        until: null,
        name: "web",
        project: "shop",
        image: "shop/web:latest",
        lastContainerId: "5f0c1d2e3b4a59687766554433221100ffeeddccbbaa99887766554433221100",
      },
    ],
    retiring: [],
  });
});

test("shares of version 5 are all there, and machines that retire still do", async () => {
  const store = await openShares(5);
  expect(store.fault()).toBeNull();
  expect(store.get()).toEqual({
    version: SharesFile.shape.version.value,
    shares: [
      {
        workload: "compose:shop/web/1",
        mode: "node",
        ports: [{ port: 3000, protocol: "tcp", nodePort: 3000, https: true }],
        machine: null,
        network: null,
        until: null,
        name: "web",
        project: "shop",
        image: "shop/web:latest",
        lastContainerId: null,
      },
    ],
    retiring: [
      {
        ...{ key: "fedcba9876543210", workload: "name:db", name: "db", since: 1_793_534_400_000 },
        dismissed: false,
      },
    ],
  });
});

test("looking at an old file does not change it; the next change writes the current version", async () => {
  const store = await openShares(1);
  const path = join(folder, "shares.json");
  expect(await readFile(path)).toEqual(await readFile(new URL("shares.v1.json", FIXTURES)));
  await store.update((before) => ({ ...before }));
  const after = await openJsonStore<SharesFile>(
    path,
    SharesFile,
    { version: SharesFile.shape.version.value, shares: [], retiring: [] },
    createFakeClock(),
  );
  expect(after.get()).toEqual(store.get());
});
