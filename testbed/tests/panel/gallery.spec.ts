import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STATE_IDS } from "../../../ui/src/gallery/states.ts";
import { launchChromium } from "../../src/lib/chromium.ts";
import { DESKTOP, draw, openGallery } from "./open-gallery.ts";
import { fitsItsWidth, isAccessible, NARROW, takePicture } from "./panel-look.ts";

const TWICE_AS_LARGE = { content: "html { font-size: 200% }" };

/** Height hidden by scrolling, in pixels. The picture grows by it. */
const HIDDEN = `Math.max(0, ...[...document.querySelectorAll("#root *, [role=dialog] *")].map((element) =>
  /auto|scroll/.test(getComputedStyle(element).overflowY) ? element.scrollHeight - element.clientHeight : 0))`;
/** Limits that for a list of a thousand rows. */
const MOST_MORE = 900;
const NEXT_FRAME = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))";

/** Number of endless animations. */
const ENDLESS =
  "document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime === Infinity).length";

describe.each(["light", "dark"] as const)("every state of the gallery in the %s theme", (theme) => {
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    browser = await launchChromium();
    context = await openGallery(browser);
  });
  afterAll(async () => await browser?.close());

  // In parallel, because most of the time goes into waiting for a state to settle.
  const each = it.concurrent.each(STATE_IDS);
  // Both themes differ in colours only.
  if (theme === "light") {
    each("%s is accessible and fits a panel of 720 pixels, also with text twice as large", async (id) => {
      const page = await draw(context, id, theme);
      await isAccessible(page);
      await takeWholePicture(page, id);
      // Text in the fixtures must be text on the page.
      expect(
        await page.evaluate("[window.ran, document.querySelector('#root :is(b, i, img, script)')]"),
      ).toEqual([undefined, null]);
      await page.setViewportSize(NARROW);
      await fitsItsWidth(page);
      await page.addStyleTag(TWICE_AS_LARGE);
      await fitsItsWidth(page);
      await page.close();
    });
  } else {
    each("%s has the contrast that it needs", async (id) => {
      const page = await draw(context, id, theme);
      await isAccessible(page, "color-contrast");
      await takeWholePicture(page, id);
      await page.close();
    });
  }

  async function takeWholePicture(page: Page, id: string): Promise<void> {
    await page.mouse.move(0, 0);
    const hidden = await page.evaluate<number>(HIDDEN);
    if (hidden <= MOST_MORE) await page.setViewportSize({ ...DESKTOP, height: DESKTOP.height + hidden });
    await page.evaluate(NEXT_FRAME);
    await takePicture(page, `gallery/${id}`, theme);
  }

  it("spinners and pulses stand still when the system asks for reduced motion", async () => {
    const page = await draw(context, "starting", theme);
    expect(await page.evaluate(ENDLESS)).toBeGreaterThan(0);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await expect.poll(async () => await page.evaluate(ENDLESS)).toBe(0);
    await page.close();
  });
});
