import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import {
  billOfMaterials,
  type Component,
  debianComponents,
  goComponents,
  type Lockfile,
  licenceIn,
  licenceTexts,
  npmComponents,
  packageFolders,
} from "../../packaging/bill.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const lock = JSON.parse(readFileSync(`${ROOT}package-lock.json`, "utf8")) as Lockfile;

/** The part of the format that we promise. Source: https://cyclonedx.org/docs/1.6/json/ */
const Bill = z.strictObject({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.literal("1.6"),
  version: z.literal(1),
  metadata: z.strictObject({
    component: z.looseObject({ type: z.literal("container"), version: z.string() }),
  }),
  components: z.array(
    z.strictObject({
      type: z.literal("library"),
      "bom-ref": z.string().startsWith("pkg:"),
      name: z.string().min(1),
      version: z.string().min(1),
      purl: z.string().regex(/^pkg:(npm|deb|golang|generic)\/[^\s@]+(\/[^\s@]+)*@[^\s@]+$/),
      licenses: z.array(z.strictObject({ expression: z.string().min(2) })).optional(),
      hashes: z
        .array(z.strictObject({ alg: z.literal("SHA-512"), content: z.string().regex(/^[0-9a-f]{128}$/) }))
        .optional(),
    }),
  ),
});

/** The files in the backend's bundles, according to the bundler itself. */
async function bundledFiles(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: `${ROOT}backend`,
    entryPoints: ["src/bin/backend.ts", "src/bin/machine.ts", "src/bin/health.ts"],
    outdir: "unused",
    write: false,
    metafile: true,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
  });
  return Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
}

let folders: string[] = [];
beforeAll(async () => {
  folders = packageFolders(await bundledFiles());
}, 60_000);

test("the bill names every package that the backend's programs are made of, as the lockfile pins it, with its licence [S126]", () => {
  const bill = Bill.parse(billOfMaterials("0.1.0", npmComponents(folders, lock)));
  const names = bill.components.map(({ name }) => name);
  // Includes the dependencies of backend/package.json and their own dependencies.
  expect(names).toEqual(expect.arrayContaining(["fastify", "pino", "zod", "find-my-way"]));
  // Leaves out tools for building and testing.
  expect(names).not.toContain("esbuild");
  for (const { name, version, licenses } of bill.components) {
    const installed = folders.map(
      (folder) =>
        JSON.parse(readFileSync(`${ROOT}${folder}/package.json`, "utf8")) as {
          name: string;
          version: string;
        },
    );
    expect(
      installed.some((component) => component.name === name && component.version === version),
      name,
    ).toBe(true);
    expect(licenses, name).toHaveLength(1);
  }
});

test("every licence among them is one that lets the image be given away, and its text goes with it [S129]", () => {
  const components = npmComponents(folders, lock);
  for (const { name, licence } of components)
    expect(licence, name).toMatch(/^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD|BlueOak-1\.0\.0)$/);
  const folderOf = ({ name }: Component) => folders.find((folder) => folder.endsWith(`/${name}`)) ?? "";
  const text = licenceTexts(components, (component) => licenceIn(`${ROOT}${folderOf(component)}`));
  for (const { name, version } of components) expect(text).toContain(`\n${name} ${version} – `);
  expect(text.match(/Permission is hereby granted/g)?.length).toBeGreaterThan(10);
});

test("folders of packages are found in whatever way a bundler writes its files", () => {
  expect(
    packageFolders([
      "../node_modules/zod/v4/core.js",
      "/src/node_modules/@mui/material/esm/Box.js",
      "/src/node_modules/a/node_modules/b/index.js",
      "\0/src/node_modules/react/index.js?commonjs-module",
      "../contract/src/snapshot.ts",
      "\0vite/preload-helper.js",
    ]),
  ).toEqual([
    "node_modules/@mui/material",
    "node_modules/a/node_modules/b",
    "node_modules/react",
    "node_modules/zod",
  ]);
});

test("a package that is in a bundle and not in the lockfile is an error", () => {
  expect(() => npmComponents(["node_modules/unlocked"], lock)).toThrow("not in the lockfile");
});

test("Debian's packages and the modules of a Go program are named with their versions", () => {
  const info =
    "path\ttailscale.com/cmd/tailscaled\nmod\ttailscale.com\tv1.102.3\th1:x=\ndep\tgolang.org/x/net\tv0.50.0\th1:y=\nbuild\tGOOS=linux\n";
  const program = Buffer.concat([
    Buffer.from("ELF…"),
    Buffer.from("3077af0c9274080241e1c107e6d618e6", "hex"),
    Buffer.from(info),
    Buffer.from("f932433186182072008242104116d8f2", "hex"),
    Buffer.from("more"),
  ]);
  const components = [...debianComponents("libc6\t2.36-9+deb12u10\n"), ...goComponents(program)];
  expect(Bill.parse(billOfMaterials("1.2.3", components)).components.map(({ purl }) => purl)).toEqual([
    "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?distro=bookworm",
    "pkg:golang/golang.org/x/net@v0.50.0",
    "pkg:golang/tailscale.com@v1.102.3",
  ]);
  expect(goComponents(Buffer.from("no Go program"))).toEqual([]);
});
