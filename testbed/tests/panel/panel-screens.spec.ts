import { describe, it } from "vitest";
import type { Panel, Theme } from "../fixtures/browser.ts";
import { composeLabels } from "../fixtures/compose-labels.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { imageNames } from "./image-names.ts";
import {
  isAccessible,
  looksRight,
  NARROW,
  onlyForPictures,
  SAMPLE_REGISTRY,
  takePicture,
} from "./panel-look.ts";

/** A typical shop. */
const SHOP = [
  { service: "web", image: "shop/web:2.4", http: 80, expose: ["80"] },
  { service: "api", image: "shop/api:2.4", http: 3000, tcp: 9090 },
  { service: "db", image: "postgres:17", tcp: 5432, expose: ["5432"] },
  { service: "worker", image: "shop/worker:2.4", http: 4000, expose: [] },
];

describe.each(["light", "dark"] as const)("every screen in the %s theme", (theme: Theme) => {
  const images = imageNames(SHOP.map(({ image }) => `${SAMPLE_REGISTRY}/${image}`));
  const on = openPanelBed({
    panels: "none",
    panel: {
      theme,
      scale: 2,
      search: "",
      prepare: onlyForPictures(
        ({ project, image }) => project === "shop" && image.startsWith(SAMPLE_REGISTRY),
      ),
    },
    async prepare(bed) {
      await images.give(bed);
      for (const { service, image, ...options } of SHOP) {
        const labels = composeLabels("shop", service);
        const samples = images.samples(bed, `${SAMPLE_REGISTRY}/${image}`);
        await samples.start({ name: `e2e-${theme}-${service}`, labels, ...options });
      }
    },
  });

  async function lookAt(panel: Panel, screen: string): Promise<void> {
    await panel.page.mouse.move(0, 0);
    await takePicture(panel.page, screen, theme);
    await looksRight(panel.page);
    await panel.page.setViewportSize(NARROW);
    await isAccessible(panel.page);
    await panel.close();
  }

  it("logged out", async () => {
    const panel = await on.open();
    await panel.button("Log in").waitFor();
    await lookAt(panel, "logged-out");
  });

  it("a pending log-in", async () => {
    await on.bed.api.login({ controlUrl: on.bed.tailnet.control.url, hostname: "docker" });
    const panel = await on.open();
    await panel.page.getByRole("link", { name: /^https?:/ }).waitFor();
    await panel.page.getByRole("img", { name: "QR code of the login link" }).waitFor();
    await lookAt(panel, "log-in");
  });

  it("the list with shares", async () => {
    await on.bed.login();
    const panel = await on.open();
    for (const name of ["shop/web", "shop/api", "shop/db"]) {
      await panel.row(name).toggle.click();
      await panel.row(name).says("Shared");
    }
    await lookAt(panel, "list");
  });

  it("a row's details", async () => {
    const panel = await on.open();
    const row = panel.row("shop/api");
    await row.details();
    await row.port(9090).tick.click();
    await row.port(9090).nodePort.waitFor();
    await row.says("Shared");
    await row.says("No other open ports.");
    await lookAt(panel, "details");
  });
});
