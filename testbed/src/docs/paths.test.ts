import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const DOCUMENTS = ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "README.md"];
const FILES = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).split("\n");

/** The paths of ours that a document names: words in code style with a slash that begin with a folder of ours. */
function pathsIn(document: string): readonly string[] {
  const text = readFileSync(join(ROOT, document), "utf8").replaceAll(/```.*?```/gsu, "");
  const named = [...text.matchAll(/`([a-z][\w-]*(?:\/[\w.*-]+)+)\/?`/gu)].map(([, path]) => path ?? "");
  return named.filter((path) => !path.includes("*") && FOLDERS.has(path.split("/")[0] ?? ""));
}

const FOLDERS = new Set(FILES.flatMap((file) => file.split("/").slice(0, -1)));

/** Returns whether the path is one of a file or folder of ours, from the root or from a folder on the way. */
function exists(path: string): boolean {
  return FILES.some((file) =>
    `/${file}`.match(new RegExp(`/${path.replaceAll(".", "\\.")}(\\.(tsx?|mjs|py|yaml|md))?(/|$)`, "u")),
  );
}

it.each(DOCUMENTS)("every path of ours that %s names exists", (document) => {
  expect(pathsIn(document).filter((path) => !exists(path))).toEqual([]);
});

it("finds paths, in the document with the most of them", () => {
  expect(pathsIn("ARCHITECTURE.md").length).toBeGreaterThan(20);
});
