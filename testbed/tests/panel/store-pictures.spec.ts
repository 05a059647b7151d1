import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../src/lib/chromium.ts";
import { draw, openGallery } from "./open-gallery.ts";
import { picturePath, STILL } from "./panel-look.ts";

/** Half of the size that Docker recommends, at a scale of two. Pixels. */
const CANVAS = { width: 1_200, height: 800 };

interface StorePicture {
  /** The end of its name in the image's label `com.docker.extension.screenshots`. */
  readonly name: string;
  /** The gallery's state in it. */
  readonly state: string;
  readonly title: string;
  readonly phone: boolean;
  /** The part to scroll to; absent for the top. */
  readonly part?: string;
}

const PICTURES: readonly StorePicture[] = [
  { name: "list", state: "list", title: "Share any running container with one switch", phone: false },
  {
    name: "path",
    state: "check-well",
    title: "Test the path to it, hop by hop",
    phone: false,
    part: "Test connection",
  },
  { name: "phone", state: "row-qr", title: "Scan the code, and it is on your phone", phone: true },
  {
    name: "machine",
    state: "machine-details",
    title: "Or give it a name and HTTPS of its own",
    phone: false,
  },
  { name: "settings", state: "settings", title: "Set up once, by link or key", phone: false },
];

/** Draws one picture: a title, the panel, and for some a phone with a shared web app. */
async function compose(
  context: BrowserContext,
  panel: Buffer,
  { title, phone }: StorePicture,
): Promise<Page> {
  const page = await context.newPage();
  await page.setViewportSize(CANVAS);
  await page.setContent(`<!doctype html><style>
    body { margin: 0; height: 100vh; box-sizing: border-box; padding: 36px 90px 40px; overflow: hidden; position: relative;
      font-family: Roboto, sans-serif; color: #fff; background: #1d63ed; }
    h1 { margin: 0 0 24px; font-size: 38px; font-weight: 500; text-align: center; }
    .panel { display: block; width: ${phone ? 800 : 960}px; margin: ${phone ? "0" : "0 auto"}; border-radius: 10px; }
    .phone { position: absolute; right: 70px; top: 150px; width: 250px; height: 520px; border-radius: 36px; background: #101418; padding: 12px; box-sizing: border-box; }
    .screen { height: 100%; border-radius: 26px; background: #fff; color: #1b2a3a; overflow: hidden; display: flex; flex-direction: column; }
    .bar { padding: 34px 14px 10px; background: #eef2f7; font-size: 12px; text-align: center; }
    .app { padding: 20px 16px; font-size: 15px; line-height: 1.5; }
    .app h2 { margin: 0 0 12px; font-size: 22px; }
    .item { display: flex; justify-content: space-between; padding: 12px 0; border-bottom: 1px solid #dde4ec; }
  </style><h1>${title}</h1>
  <img class="panel" src="data:image/png;base64,${panel.toString("base64")}">
  ${
    phone
      ? `<div class="phone"><div class="screen"><div class="bar">docker-anna.tail1234.ts.net:8080</div>
         <div class="app"><h2>Today's orders</h2>${["Coffee beans", "Paper filters", "Oat milk", "Two mugs"]
           .map((item, index) => `<div class="item"><span>${item}</span><b>${index + 1}</b></div>`)
           .join("")}</div></div></div>`
      : ""
  }`);
  return page;
}

describe("the pictures of the page in Docker's Marketplace", () => {
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    browser = await launchChromium();
    context = await openGallery(browser, { deviceScaleFactor: 2 });
  });
  afterAll(async () => await browser?.close());

  it.each(PICTURES)("$name shows the state $state", async (picture) => {
    const panel = await draw(context, picture.state, "light");
    await panel.mouse.move(0, 0);
    if (picture.part !== undefined) await panel.getByText(picture.part).last().scrollIntoViewIfNeeded();
    await panel.evaluate(STILL);
    const page = await compose(context, await panel.screenshot(), picture);
    const path = await picturePath(`store/${picture.name}.png`);
    const file = await page.screenshot({ path });
    expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([2_400, 1_600]);
    await page.close();
    await panel.close();
  });
});
