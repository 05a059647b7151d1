import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { udpScan } from "../../tests/fixtures/udp-scan.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(`${ROOT}SECURITY.md`, "utf8");

interface Proof {
  readonly file: string;
  readonly title: string;
}

/** Rows of the tables whose second column is headed 'test'. A proof is a file and a title, separated by `›`. */
function claims(): { claim: string; proofs: Proof[] }[] {
  const found: { claim: string; proofs: Proof[] }[] = [];
  let inside = false;
  for (const line of text.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    if (!line.startsWith("|")) inside = false;
    else if (cells[2] === "test") inside = true;
    else if (inside && !/^-+$/.test(cells[1] ?? ""))
      found.push({
        claim: cells[1] ?? "",
        proofs: [...(cells[2] ?? "").matchAll(/`([^`]+)`/g)].map(([, named = ""]) => {
          const [file = "", title = ""] = named.split(" › ");
          return { file, title };
        }),
      });
  }
  return found;
}

/** Titles of the tests in a file, as written in its source. */
function titlesIn(source: string): string[] {
  const titles = source.matchAll(/(?:\b(?:it|test)|\))\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)\s*,/g);
  return [...titles].map(([, plain, template]) => (plain ?? template ?? "").replaceAll(/\\(["`])/g, "$1"));
}

test("every claim of SECURITY.md names tests by file and title, each of which is there and is run", () => {
  expect(claims().length).toBeGreaterThan(35);
  const missing: string[] = [];
  for (const { claim, proofs } of claims()) {
    expect(proofs.length, claim).toBeGreaterThan(0);
    for (const { file, title } of proofs) {
      expect(file, claim).toMatch(/\.(test|spec)\.tsx?$/);
      const source = readFileSync(ROOT + file, "utf8");
      if (!titlesIn(source).includes(title)) missing.push(`${claim}: ${file} has no '${title}'`);
      if (/\.(?:skip|skipIf|runIf|todo|only|fails)\b/.test(source)) missing.push(`${file} skips something`);
    }
  }
  expect(missing).toEqual([]);
});

test("titles are found in whatever form a test is written, and nothing else is one", () => {
  const source = `it("one", async () => {}); test.each([["x"]])(\n  "%s is two",\n (_x) => {}); it(\`three \${1}\`, run);
    say("four", () => {}); it("with \\"five\\"", run); it.skip("six", run);`;
  expect(titlesIn(source)).toEqual(["one", "%s is two", `three $\{1}`, 'with "five"']);
});

test("wherever SECURITY.md counts common UDP ports, that many are tried", () => {
  const tried = new Set(udpScan("host").at(-1)?.split(","));
  const counts = [...text.matchAll(/(\d+) common UDP/g)].map(([, count]) => Number(count));
  expect(counts.length).toBeGreaterThan(0);
  for (const count of counts) expect(count).toBe(tried.size);
});

test("no table of SECURITY.md makes claims without tests, but that of the engine's calls", () => {
  const heads = text.split("\n").filter((_line, index, all) => /^\| ---/.test(all[index + 1] ?? ""));
  const without = heads.filter((head) => !head.endsWith("| test |"));
  expect(without).toEqual(["| call | for |"]);
});
