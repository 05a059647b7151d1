import { randomBytes } from "node:crypto";
import { appendFile, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { buildFrom } from "../../src/images/product-image.ts";
import { formsOf } from "../fixtures/secrets.ts";
import { layersOf } from "./layers.ts";
import { openBuilder } from "./open-builder.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** The Dockerfile's inputs; `.dockerignore` excludes everything else. */
const CONTEXT = [
  ...["package.json", "package-lock.json", "tsconfig.base.json", "metadata.json", "docker-compose.yaml"],
  ...["contract", "backend", "ui", "packaging", "testbed/package.json", "icon.svg", "LICENSE"],
  ...["Dockerfile", ".dockerignore"],
];
/** Files that users keep secrets in and that a build may read. */
const HIDEOUTS = [".npmrc", ".env", "backend/.env", "contract/.npmrc", "ui/.env", "ui/.env.production"];

/** Builds an image among planted secrets: in the files that builds read, and in the checkout's own path. */
describe("the image's layers", () => {
  const secret = `planted-${randomBytes(12).toString("hex")}`;
  const shipped = `shipped-${randomBytes(12).toString("hex")}`;
  const tag = `tailnet-share-bed/planted:${process.pid}`;
  let engine: Engine;
  let folder: string;
  let layers: ReadonlyMap<string, Buffer>;

  beforeAll(async () => {
    engine = await openBuilder();
    folder = await mkdtemp(join(tmpdir(), `${secret}-`));
    const without = (path: string) =>
      !path.split(sep).some((part) => ["node_modules", "dist"].includes(part));
    for (const part of CONTEXT)
      await cp(join(ROOT, part), join(folder, part), {
        recursive: true,
        filter: (path) => without(path.slice(ROOT.length)),
      });
    for (const hideout of HIDEOUTS)
      await writeFile(
        join(folder, hideout),
        hideout.endsWith("npmrc")
          ? `//127.0.0.1/:_authToken=${secret}\n`
          : `VITE_KEY=${secret}\nKEY=${secret}\n`,
      );
    await appendFile(join(folder, "LICENSE"), `\n${shipped}\n`);
    await buildFrom(folder, tag, engine, inject("images"));
    layers = await layersOf(engine, tag);
  }, 600_000);
  afterAll(async () => {
    await engine?.tryDocker(["rmi", tag]);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const holding = (text: string) =>
    [...layers].filter(([, content]) => content.includes(text)).map(([name]) => name);

  it("are the layers of the shipped image", () => {
    expect(layers.size).toBeGreaterThan(4);
    expect(holding(shipped)).toHaveLength(1);
  });

  it.each(formsOf(secret))(
    "contain no secret from the folder where they were built, %s [S108]",
    (_form, value) => {
      expect(holding(value)).toEqual([]);
    },
  );

  it("contain no such secret in their build history [S109]", async () => {
    const history = await engine.docker(["history", "--no-trunc", tag]);
    const described = await engine.docker(["image", "inspect", tag]);
    expect(history + described).toContain("tailnet-share");
    expect(history + described).not.toContain(secret);
  });
});
