import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ErrorCode } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string) => readFileSync(ROOT + path, "utf8");

/** Rows of the table of codes, cell by cell. */
function rows(): string[][] {
  const [, section = ""] = read("docs/troubleshooting.md").split("\n## Codes\n");
  return section
    .slice(0, section.indexOf("\n## "))
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").slice(1, -1));
}

/** The panel's own codes, which are a type and so not there when it runs. */
function linkCodes(): string[] {
  const [, union = ""] = /type LinkCode = ([^;]+);/.exec(read("ui/src/host/problem.ts")) ?? [];
  return [...union.matchAll(/"([A-Z_]+)"/g)].map(([, code = ""]) => code);
}

test("every code that the backend and the panel have is in the troubleshooting page's table once, and no other does", () => {
  const inTable = rows().flatMap(([codes = ""]) => [...codes.matchAll(/`([^`]+)`/g)].map(([, code]) => code));
  expect(linkCodes()).toContain("BACKEND_UNREACHABLE");
  expect(inTable.toSorted()).toEqual([...ErrorCode.options, ...linkCodes()].toSorted());
});

test("each row of that table has a cause and a remedy", () => {
  for (const row of rows()) {
    expect(row, row.join("|")).toHaveLength(3);
    for (const cell of row) expect(cell.trim(), row.join("|")).not.toBe("");
  }
});
