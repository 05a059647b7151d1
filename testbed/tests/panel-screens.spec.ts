import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { launchChromium } from "../src/lib/chromium.ts";
import { createSamples } from "../src/samples.ts";
import { openPanel, type Panel, type Theme } from "./fixtures/browser.ts";
import { openBed } from "./fixtures/open-bed.ts";
import {
  fitsItsWidth,
  isAccessible,
  onlyForPictures,
  SAMPLE_REGISTRY,
  takePicture,
} from "./fixtures/panel-look.ts";

/** A shop as people have one. By labels rather than by compose, so that the containers' names can be told as ours. */
const SHOP = [
  { service: "web", image: "shop/web:2.4", http: 80, expose: ["80"] },
  { service: "api", image: "shop/api:2.4", http: 3000, expose: ["3000", "9090"] },
  { service: "db", image: "postgres:17", tcp: 5432, expose: ["5432"] },
  { service: "worker", image: "shop/worker:2.4", http: 4000, expose: [] },
];

describe.each(["light", "dark"] as const)("every screen in the %s theme", (theme: Theme) => {
  let bed: Bed;
  let browser: Browser;
  const tags = SHOP.map(({ image }) => `${SAMPLE_REGISTRY}/${image}`);

  beforeAll(async () => {
    [bed, browser] = await Promise.all([openBed(), launchChromium()]);
    for (const tag of tags) await bed.engine.docker(["tag", bed.samples.image, tag]);
    for (const { service, image, ...options } of SHOP) {
      const labels = {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": service,
        "com.docker.compose.container-number": "1",
      };
      const samples = createSamples(bed.engine, `${SAMPLE_REGISTRY}/${image}`, bed.id);
      await samples.start({ name: `e2e-${theme}-${service}`, labels, ...options });
    }
  });
  afterAll(async () => {
    await browser?.close();
    await bed?.close();
    // Only the names go: the image has others.
    if (bed !== undefined) await bed.engine.docker(["rmi", ...tags]);
  });

  const open = async () => {
    const prepare = onlyForPictures(
      ({ project, image }) => project === "shop" && image.startsWith(SAMPLE_REGISTRY),
    );
    return await openPanel(browser, bed, { theme, scale: 2, search: "", prepare });
  };

  async function looksRight(panel: Panel, screen: string): Promise<void> {
    await isAccessible(panel.page);
    await panel.page.mouse.move(0, 0);
    await takePicture(panel.page, screen, theme);
    await panel.page.setViewportSize({ width: 720, height: 720 });
    await isAccessible(panel.page);
    await fitsItsWidth(panel.page);
    await panel.close();
  }

  it("logged out", async () => {
    const panel = await open();
    await panel.button("Log in").waitFor();
    await looksRight(panel, "logged-out");
  });

  it("a log-in under way", async () => {
    await bed.api.login({ controlUrl: bed.tailnet.control.url, hostname: "docker" });
    const panel = await open();
    await panel.page.getByRole("link", { name: /^https?:/ }).waitFor();
    await panel.page.getByRole("img", { name: "QR code of the log-in link" }).waitFor();
    await looksRight(panel, "log-in");
  });

  it("the list with shares", async () => {
    await bed.login();
    const panel = await open();
    for (const name of ["shop/web", "shop/api", "shop/db"]) {
      await panel.row(name).toggle.click();
      await panel.row(name).says("Shared");
    }
    await looksRight(panel, "list");
  });

  it("a row's details", async () => {
    const panel = await open();
    const row = panel.row("shop/api");
    await row.details();
    await row.port(9090).tick.click();
    await row.port(9090).nodePort.waitFor();
    await row.says("Shared");
    await looksRight(panel, "details");
  });
});
