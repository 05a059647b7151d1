import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A test that a claim of SECURITY.md rests on. Its title ends with its ID, `[S001]`, which stays when the title changes. */
export interface SecurityTest {
  readonly id: string;
  /** From the repository's root. */
  readonly file: string;
  readonly title: string;
}

/** Titles of the tests in a source text. */
export function titlesIn(source: string): string[] {
  const titles = source.matchAll(/(?:\b(?:it|test)|\))\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)\s*,/g);
  return [...titles].map(([, plain, template]) => (plain ?? template ?? "").replaceAll(/\\(["`])/g, "$1"));
}

/** Files with tests, from the repository's root. `root` is that root, with a final slash. */
export function testFiles(root: string): string[] {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard"];
  return execFileSync("git", list, { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter((file) => /\.(?:test|spec)\.tsx?$/.test(file));
}

/** All tests with an ID, by ID. `root` as for `testFiles`. */
export function securityTests(root: string): SecurityTest[] {
  return testFiles(root)
    .flatMap((file) =>
      titlesIn(readFileSync(root + file, "utf8")).flatMap((whole) => {
        const [, title = "", id] = /^(.*) \[(S\d{3})\]$/s.exec(whole) ?? [];
        return id === undefined ? [] : [{ id, file, title }];
      }),
    )
    .toSorted((a, b) => a.id.localeCompare(b.id));
}
