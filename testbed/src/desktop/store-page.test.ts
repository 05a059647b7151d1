import { expect, test } from "vitest";
import { storePageProblems } from "./store-page.ts";

/** The head of a PNG file of this size. */
function png(width: number, height: number, more: string): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return Buffer.concat([head, Buffer.from(more)]);
}

const FILES: Readonly<Record<string, Buffer>> = {
  "a.png": png(2400, 1600, "a"),
  "b.png": png(2400, 1600, "b"),
  "c.png": png(2400, 1600, "c"),
  "small.png": png(1040, 720, "s"),
};
const read = (path: string) => FILES[path] ?? null;
const pictures = (...names: string[]) =>
  JSON.stringify(
    names.map((name) => ({
      alt: "A picture of it",
      url: `https://raw.githubusercontent.com/o/r/v1.2.3/${name}`,
    })),
  );
const links = (...titles: string[]) =>
  JSON.stringify(titles.map((title) => ({ title, url: "https://example.org/" })));

const VALID = {
  "org.opencontainers.image.version": "1.2.3",
  "com.docker.extension.account-info": "required",
  "com.docker.extension.detailed-description": `<h3>What it does</h3><p>${"word ".repeat(110)}</p>`,
  "com.docker.extension.screenshots": pictures("a.png", "b.png", "c.png"),
  "com.docker.extension.additional-urls": links("Documentation", "Report a problem", "Privacy", "Terms"),
};

test("a full page has no problems", () => {
  expect(storePageProblems(VALID, read)).toEqual([]);
});

test.each<[string, string, RegExp]>([
  ["account-info", "", /account/],
  ["detailed-description", `<p>${"word ".repeat(110)}</p>`, /headings/],
  ["detailed-description", "<h3>Short</h3>", /fewer than 100 words/],
  ["additional-urls", links("Documentation", "Report a problem", "Terms"), /'Privacy'/],
  ["screenshots", pictures("a.png", "b.png"), /fewer than 3/],
  ["screenshots", pictures("a.png", "b.png", "b.png"), /same/],
  ["screenshots", pictures("a.png", "b.png", "none.png"), /no file of version 1\.2\.3/],
  ["screenshots", pictures("a.png", "b.png", "c.png").replace("v1.2.3", "main"), /no file/],
  ["screenshots", pictures("a.png", "b.png", "small.png"), /1040 by 720/],
])("a page falls short by its %s %#", (label, value, problem) => {
  expect(storePageProblems({ ...VALID, [`com.docker.extension.${label}`]: value }, read)).toEqual([
    expect.stringMatching(problem),
  ]);
});
