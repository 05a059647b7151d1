import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

test("every part is loaded so", () => {
  const root = join(import.meta.dirname, "..");
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
    (path) => /\.tsx?$/.test(path) && !path.includes(".test.") && !path.endsWith("load-part.ts"),
  );
  expect(sources.filter((path) => /\blazy\(/.test(readFileSync(join(root, path), "utf8")))).toEqual([]);
});
