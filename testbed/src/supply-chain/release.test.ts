import { expect, test } from "vitest";
import { htmlOf, notesOf, releaseProblems } from "../../../packaging/release.ts";

const CHANGELOG = `# Changelog

## [Unreleased]

### Added
- Later.

## [1.2.0] - 2026-11-23

### Added
- Something.

## [1.1.0] - 2026-10-01
- Before.
`;
const bases = {
  NODE_IMAGE: `node:24.21.0-bookworm-slim@sha256:${"1".repeat(64)}`,
  TAILSCALE_IMAGE: `tailscale/tailscale:v1.102.3@sha256:${"2".repeat(64)}`,
};
const same = { "package.json": "1.2.0", Dockerfile: "1.2.0" };

test("a release is accepted when tag, packages and changelog have the same version, and base images have digests", () => {
  expect(releaseProblems("v1.2.0", same, CHANGELOG, bases)).toEqual([]);
  expect(notesOf(CHANGELOG, "1.2.0")).toBe("### Added\n- Something.");
});

test.each([
  ["a tag that is no version", "1.2", same, CHANGELOG, /not 'v' and a semantic version/],
  ["a tag with something after it", "v1.2.0;x", same, CHANGELOG, /not 'v'/],
  [
    "a package of another version",
    "v1.2.0",
    { ...same, "package.json": "1.1.0" },
    CHANGELOG,
    /package\.json says 1\.1\.0/,
  ],
  [
    "an image of another version",
    "v1.2.0",
    { ...same, Dockerfile: "0.1.0" },
    CHANGELOG,
    /Dockerfile says 0\.1\.0/,
  ],
  ["a changelog that has it only as unreleased", "v1.2.0", same, "## [Unreleased]\n- x\n", /no heading/],
  ["a heading without a date", "v1.2.0", same, "## [1.2.0]\n- x\n", /no heading/],
  [
    "a heading with nothing below it",
    "v1.2.0",
    same,
    "## [1.2.0] - 2026-11-23\n\n## [1.1.0] - 2026-10-01\n",
    /says nothing/,
  ],
])("a release is refused with %s [S132]", (_what, tag, versions, changelog, reason) => {
  expect(releaseProblems(tag, versions, changelog, bases).join("\n")).toMatch(reason);
});

test("a version's notes become one line of HTML without double quotes", () => {
  const notes =
    '### Added\n- A `port` & "more", see [docs](https://example.org/a).\n- B.\n\n### Fixed\n- C <b>';
  expect(htmlOf(notes)).toBe(
    "<h3>Added</h3> <ul> <li>A <code>port</code> &amp; &quot;more&quot;, see <a href='https://example.org/a'>docs</a>.</li> <li>B.</li> </ul> <h3>Fixed</h3> <ul> <li>C &lt;b></li> </ul>",
  );
});
