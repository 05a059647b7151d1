import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { udpScan } from "../../tests/fixtures/udp-scan.ts";
import { securityTests, titlesIn } from "./security-tests.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(`${ROOT}SECURITY.md`, "utf8");

/** Rows of the tables whose second column is headed 'test', with the IDs there. */
function claims(): { claim: string; ids: string[] }[] {
  const found: { claim: string; ids: string[] }[] = [];
  let inTestColumn = false;
  for (const line of text.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    if (!line.startsWith("|")) inTestColumn = false;
    else if (cells[2] === "test") inTestColumn = true;
    else if (inTestColumn && !/^-+$/.test(cells[1] ?? ""))
      found.push({ claim: cells[1] ?? "", ids: (cells[2] ?? "").match(/S\d{3}/g) ?? [] });
  }
  return found;
}

test("every claim of SECURITY.md names tests by their IDs, each of which exists once and runs", () => {
  const tests = securityTests(ROOT);
  const known = tests.map(({ id }) => id);
  expect(known).toEqual([...new Set(known)]);
  expect(claims().length).toBeGreaterThan(35);
  for (const { claim, ids } of claims()) expect(ids.length, claim).toBeGreaterThan(0);
  const named = claims().flatMap(({ ids }) => ids);
  expect([...new Set(named)].toSorted()).toEqual(known);
  for (const { file } of tests)
    expect(readFileSync(ROOT + file, "utf8"), file).not.toMatch(/\.(?:skip|skipIf|runIf|todo|only|fails)\b/);
});

test("titles are found in any form of a test, and nowhere else", () => {
  const source = `it("one", async () => {}); test.each([["x"]])(\n  "%s is two",\n (_x) => {}); it(\`three \${1}\`, run);
    say("four", () => {}); it("with \\"five\\"", run); it.skip("six", run);`;
  expect(titlesIn(source)).toEqual(["one", "%s is two", `three $\{1}`, 'with "five"']);
});

test("SECURITY.md counts the common UDP ports that are tried", () => {
  const tried = new Set(udpScan("host").at(-1)?.split(","));
  const counts = [...text.matchAll(/(\d+) common UDP/g)].map(([, count]) => Number(count));
  expect(counts.length).toBeGreaterThan(0);
  for (const count of counts) expect(count).toBe(tried.size);
});

test("only the table of the engine's calls in SECURITY.md makes claims without tests", () => {
  const heads = text.split("\n").filter((_line, index, all) => /^\| ---/.test(all[index + 1] ?? ""));
  const without = heads.filter((head) => !head.endsWith("| test |"));
  expect(without).toEqual(["| call | for |"]);
});
