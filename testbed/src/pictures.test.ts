import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { STATE_IDS } from "../../ui/src/gallery/states.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PICTURES = "docs/pictures";
const PAGES = ["README.md", "docs/panel.md"];
/** Shown by Docker's Marketplace only; `image.spec` compares them with the image's labels. */
const STORE = `${PICTURES}/store/`;
const MOST_BYTES = 4_000_000;

/** Paths of the pictures in a page, relative to the repository's root. */
async function shownIn(page: string): Promise<string[]> {
  const text = await readFile(join(ROOT, page), "utf8");
  return [...text.matchAll(/!\[[^\]]+\]\(([^)]+\.png)\)/g)].map(([, path = ""]) => join(dirname(page), path));
}

async function stored(): Promise<string[]> {
  const files = await readdir(join(ROOT, PICTURES), { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)));
}

describe("the pictures in the documents", () => {
  it("are exactly the stored ones", async () => {
    const shown = new Set((await Promise.all(PAGES.map(shownIn))).flat());
    expect(shown.size).toBeGreaterThan(10);
    const inDocuments = (await stored()).filter((path) => !path.startsWith(STORE));
    expect([...shown].toSorted()).toEqual(inDocuments.toSorted());
  });

  it("come in both themes, side by side", async () => {
    for (const page of PAGES) {
      const shown = await shownIn(page);
      const light = shown.filter((path) => path.endsWith("-light.png"));
      const dark = shown.filter((path) => path.endsWith("-dark.png"));
      expect(light.map((path) => path.replace("-light.png", "-dark.png"))).toEqual(dark);
    }
  });

  it("show states that the gallery has", async () => {
    const states = (await stored())
      .filter((path) => path.startsWith(`${PICTURES}/gallery/`))
      .map((path) => path.replace(/^.*\/(.+)-(light|dark)\.png$/, "$1"));
    expect(states.length).toBeGreaterThan(0);
    for (const state of states) expect(STATE_IDS).toContain(state);
  });

  it("are small", async () => {
    const sizes = await Promise.all(
      (await stored()).map(async (path) => (await stat(join(ROOT, path))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES);
  });

  it("can be found from the README", async () => {
    expect(await readFile(join(ROOT, "README.md"), "utf8")).toContain("(docs/panel.md)");
  });
});
