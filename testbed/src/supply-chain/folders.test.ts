import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { importWords, mayImport } from "./folder-rules.ts";
import { FOLDER_RULES } from "./folders.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CONTRACT = "contract/src";
/** Packages whose rows are checked. With true, each row is one of their folders or files. */
const PACKAGES = new Map([
  [CONTRACT, false],
  ["backend/src", true],
  ["ui/src", true],
  ["packaging", false],
]);
/** Folders that only contain folders, each of which has its own row. */
const FOLDERS_OF_FOLDERS: readonly string[] = ["ui/src/features"];

interface Import {
  /** The name as written. */
  readonly name: string;
  readonly isType: boolean;
}

const packageOf = (path: string) => [...PACKAGES.keys()].find((folder) => isIn(path, folder));
const isIn = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** Skips tests and their helpers, which no rule binds. */
function sourcesIn(folder: string): string[] {
  return readdirSync(ROOT + folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:tsx?|mjs)$/.test(name) && !/\.(?:test|testing)\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

function importsIn(source: string): Import[] {
  const statements = source.matchAll(/^(?:import|export)\s(type\s)?(?:[^;"]*?\sfrom\s)?"([^"]+)"/gm);
  const calls = source.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g);
  return [
    ...[...statements].map(([, type, name = ""]) => ({ name, isType: type !== undefined })),
    ...[...calls].map(([, name = ""]) => ({ name, isType: false })),
  ];
}

/** Relative to the repository's root; null for external modules. */
function pathOf(name: string, file: string): string | null {
  if (name.startsWith("@tailnet-share/contract/")) return `${CONTRACT}/${name.split("/").at(-1)}.ts`;
  return name.startsWith(".") ? join(dirname(file), name) : null;
}

test("the table names every existing folder and file once, and no other", () => {
  const named = FOLDER_RULES.flatMap(({ paths }) => paths);
  expect(named.filter((path) => !existsSync(ROOT + path))).toEqual([]);
  const existing = [...PACKAGES].flatMap(([folder, isOpen]) =>
    isOpen
      ? readdirSync(ROOT + folder, { withFileTypes: true })
          .filter((entry) => entry.isDirectory() || /(?<!\.test)\.tsx?$/.test(entry.name))
          .map(({ name }) => `${folder}/${name}`)
          .flatMap((path) =>
            FOLDERS_OF_FOLDERS.includes(path)
              ? readdirSync(ROOT + path).map((name) => `${path}/${name}`)
              : [path],
          )
      : [folder],
  );
  expect(named.filter((path) => packageOf(path) !== undefined).toSorted()).toEqual(existing.toSorted());
});

test("every folder imports only what its row allows", () => {
  const all = FOLDER_RULES;
  const broken: string[] = [];
  let looked = 0;
  for (const file of [...PACKAGES.keys()].flatMap(sourcesIn)) {
    const row = all.find(({ paths }) => paths.some((path) => isIn(file, path)));
    if (row === undefined) continue;
    for (const { name, isType } of importsIn(readFileSync(ROOT + file, "utf8"))) {
      const path = pathOf(name, file);
      const to =
        path === null
          ? undefined
          : all.flatMap(({ paths }) => paths).find((candidate) => isIn(path, candidate));
      if (to === undefined || row.paths.includes(to)) continue;
      looked += 1;
      if (!mayImport(row.mayImport, packageOf(file) ?? "", to, isType))
        broken.push(
          `${file} imports ${isType ? "a type of " : ""}${name}; ${row.paths.join(", ")} may import ${importWords(row.mayImport)}`,
        );
    }
  }
  expect(looked).toBeGreaterThan(500);
  expect(broken).toEqual([]);
});

test("a rule allows the named folders, of some only types, and nothing of other packages", () => {
  const rule = { values: ["lib", "contract"], types: ["http", "store"] };
  const may = (path: string, isType = false) => mayImport(rule, "backend/src", path, isType);
  expect([may("backend/src/lib"), may("contract/src"), may("backend/src/http", true)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([may("backend/src/http"), may("backend/src/engine", true), may("testbed")]).toEqual([
    false,
    false,
    false,
  ]);
  const allBut = { everythingBut: ["bin"] };
  expect(mayImport(allBut, "backend/src", "backend/src/engine", false)).toBe(true);
  expect(mayImport(allBut, "backend/src", "backend/src/bin", false)).toBe(false);
  expect(mayImport("everything", "ui/src", "backend/src/lib", false)).toBe(false);
  expect([importWords(rule), importWords({ values: [] }), importWords(allBut)]).toEqual([
    "`lib`, contract; types of `http`, `store`",
    "nothing of ours",
    "everything but `bin`",
  ]);
});

test("imports are found in any form", () => {
  const source = `import "./one.ts";\nimport type { A } from "./two.ts";\nimport {\n  type B,\n  c,\n} from "./three.ts";
export { d } from "./four.ts";\nconst later = lazy(() => import("./five.ts"));\nexport const from = "./six.ts";`;
  expect(importsIn(source)).toEqual([
    { name: "./one.ts", isType: false },
    { name: "./two.ts", isType: true },
    { name: "./three.ts", isType: false },
    { name: "./four.ts", isType: false },
    { name: "./five.ts", isType: false },
  ]);
});
