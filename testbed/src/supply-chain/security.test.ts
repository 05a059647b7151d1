import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(`${ROOT}SECURITY.md`, "utf8");

/** Rows of the tables whose second column is headed 'test'. */
function claims(): { claim: string; tests: string[] }[] {
  const found: { claim: string; tests: string[] }[] = [];
  let inside = false;
  for (const line of text.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    if (!line.startsWith("|")) inside = false;
    else if (cells[2] === "test") inside = true;
    else if (inside && !/^-+$/.test(cells[1] ?? ""))
      found.push({
        claim: cells[1] ?? "",
        tests: [...(cells[2] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""),
      });
  }
  return found;
}

test("every claim of SECURITY.md names the tests that hold it, and they are there", () => {
  expect(claims().length).toBeGreaterThan(25);
  for (const { claim, tests } of claims()) {
    expect(tests.length, claim).toBeGreaterThan(0);
    for (const file of tests) {
      expect(file, claim).toMatch(/\.(test|spec)\.tsx?$/);
      expect(existsSync(ROOT + file), `${claim}: ${file}`).toBe(true);
    }
  }
});

test("no table of SECURITY.md makes claims without tests, but that of the engine's calls", () => {
  const heads = text.split("\n").filter((_line, index, all) => /^\| ---/.test(all[index + 1] ?? ""));
  const without = heads.filter((head) => !head.endsWith("| test |"));
  expect(without).toEqual(["| call | for |"]);
});
