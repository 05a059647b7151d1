import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { themeScript } from "../../src/desktop/docker-theme.ts";
import { galleryCommand } from "../../src/gallery.ts";
import { run } from "../../src/lib/run.ts";
import type { Theme } from "../fixtures/browser.ts";

const UI = fileURLToPath(new URL("../../../ui/", import.meta.url));
/** Served from the built files; nothing listens on this address. */
const ADDRESS = "http://gallery.test";
/** The panel's size in Docker Desktop's smallest usual window. Pixels. */
export const DESKTOP = { width: 1040, height: 720 };

/** Builds the gallery into a folder of its own, because specs run side by side, and returns a context in which its pages load. */
export async function openGallery(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const built = await mkdtemp(join(tmpdir(), "tailnet-share-gallery-"));
  await run([...galleryCommand(["build", "--logLevel", "warn", "--outDir", built, "--emptyOutDir"])], {
    cwd: UI,
  });
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  context.on("close", () => void rm(built, { recursive: true, force: true }));
  await context.addInitScript({ content: themeScript() });
  await context.route(`${ADDRESS}/**`, async (route) => {
    const path = `${built}${new URL(route.request().url()).pathname}`;
    const file = await readFile(path).catch(() => null);
    await (file === null ? route.fulfill({ status: 404 }) : route.fulfill({ path }));
  });
  return context;
}

/** Renders one state in its own page and waits until it is still. */
export async function draw(context: BrowserContext, id: string, theme: Theme): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${ADDRESS}/gallery.html#state=${id}&theme=${theme}`);
  const drawn = await page.waitForFunction(
    "/^(ready|failed)/.exec(document.documentElement.dataset.gallery ?? '') && document.documentElement.dataset.gallery",
  );
  expect(await drawn.jsonValue()).toBe("ready");
  return page;
}
