import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { GENERATED_FILES } from "./files.ts";
import { SECTIONS, withSection } from "./sections.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

it.each(SECTIONS)("$file has the current '$name'; `npm run docs` updates it", (section) => {
  const document = readFileSync(ROOT + section.file, "utf8");
  expect(document).toBe(withSection(document, section));
});

it.each(GENERATED_FILES)("$file is current; `npm run docs` updates it", ({ file, make }) => {
  expect(readFileSync(ROOT + file, "utf8")).toBe(make());
});

it.each(SECTIONS)("no row of '$name' in $file has an empty cell", ({ make }) => {
  const rows = make().trim().split("\n");
  expect(rows.length).toBeGreaterThan(5);
  for (const row of rows) expect(row, row).not.toMatch(/\|\s*\|/);
});

it("names the markers that a document lacks for a section", () => {
  const section = { file: "a.md", name: "things", make: () => "" };
  expect(() => withSection("# A\n", section)).toThrow("<!-- end of things -->");
});
