import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { expect, it } from "vitest";
import { SPECS_THAT_BUILD } from "./specs-that-build.ts";

const TESTBED = join(import.meta.dirname, "..");
const TESTS = join(TESTBED, "tests");

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(folder, path));
}

const builds = (path: string) =>
  /\bopenBuilder\(|\bopenEngine\([^;]*\bnull\b/u.test(readFileSync(path, "utf8"));

it("the list of specs that build has exactly the specs that open the engine for builds", () => {
  const found = sourcesIn(TESTS).filter((path) => path.endsWith(".spec.ts") && builds(path));
  expect(found.map((path) => relative(TESTBED, path)).toSorted()).toEqual(SPECS_THAT_BUILD.toSorted());
});

it("only one fixture opens the engine for builds", () => {
  const found = sourcesIn(TESTS).filter((path) => !path.endsWith(".spec.ts") && builds(path));
  expect(found.map((path) => basename(path))).toEqual(["open-builder.ts"]);
});
