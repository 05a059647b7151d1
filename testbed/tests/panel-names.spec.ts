import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { launchChromium } from "../src/lib/chromium.ts";
import { openPanel, type Panel } from "./fixtures/browser.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { fitsItsWidth } from "./fixtures/panel-look.ts";

const LONG_NAME = `e2e-${"long".repeat(55)}`;
const PROJECT = "<img/src=x/onerror=window.ran=1>";
/** The slash would not pass as a part of an identity; these do. */
const [BOLD, SCRIPT] = ["<b>e2e-bold<b>", '"><svg><script>window.ran=2<!--'];
const [LONG_PROJECT, LONG_SERVICE] = [`e2e-${"p".repeat(196)}`, `${"s".repeat(199)}1`];

function compose(project: string, service: string): Record<string, string> {
  return {
    "com.docker.compose.project": project,
    "com.docker.compose.service": service,
    "com.docker.compose.container-number": "1",
  };
}

describe("names that somebody chose to break the panel", () => {
  let bed: Bed;
  let browser: Browser;
  let panel: Panel;

  beforeAll(async () => {
    [bed, browser] = await Promise.all([openBed(), launchChromium()]);
    await bed.login();
    await bed.samples.start({ name: "e2e-plain", http: 8080 });
    await bed.samples.start({ name: LONG_NAME, http: 8080 });
    await bed.samples.start({ name: "e2e-markup-project", http: 8080, labels: compose(PROJECT, "web") });
    await bed.samples.start({ name: "e2e-markup-service", http: 8080, labels: compose(BOLD, SCRIPT) });
    await bed.samples.start({
      name: "e2e-long-labels",
      http: 8080,
      labels: compose(LONG_PROJECT, LONG_SERVICE),
    });
    panel = await openPanel(browser, bed);
  });
  afterAll(async () => {
    await browser?.close();
    await bed?.close();
  });

  const heightOf = async (name: string) => (await panel.row(name).at.boundingBox())?.height ?? 0;

  it("are drawn as text, and no script of theirs runs", async () => {
    const row = panel.row(`${BOLD}/${SCRIPT}`);
    await row.at.getByText(SCRIPT, { exact: true }).waitFor();
    await panel.page.getByRole("heading", { name: BOLD, exact: true }).waitFor();
    await panel.row("e2e-markup-project").at.waitFor();
    expect(await panel.page.evaluate("document.querySelectorAll('#root :is(b, img, script)').length")).toBe(
      0,
    );
    expect(await panel.page.evaluate("window.ran")).toBeUndefined();
  });

  it("can be shared like any other, and are text in messages and details too", async () => {
    const name = `${BOLD}/${SCRIPT}`;
    for (const each of [name, LONG_NAME, `${LONG_PROJECT}/${LONG_SERVICE}`]) {
      await panel.row(each).toggle.click();
      await panel.row(each).says("Shared");
      await panel.row(each).details();
      await panel.button(`Check ${each}`).click();
      await panel.row(each).at.getByText("Everything on the way works.").waitFor();
    }
    await panel.row(name).toggle.click();
    await panel.page.getByRole("group", { name: "Last action" }).getByText(SCRIPT).waitFor();
    expect(await panel.page.evaluate("document.querySelectorAll('#root :is(b, img, script)').length")).toBe(
      0,
    );
    expect(await panel.page.evaluate("window.ran")).toBeUndefined();
    expect(panel.complaints).toEqual([]);
  });

  it.each([1040, 720])("leave the layout as it is at %i px", async (width) => {
    await panel.page.setViewportSize({ width, height: 720 });
    await fitsItsWidth(panel.page);
    await panel.page.reload();
    await panel.row("e2e-plain").says("Not shared");
    await fitsItsWidth(panel.page);
    for (const name of [LONG_NAME, `${LONG_PROJECT}/${LONG_SERVICE}`, "e2e-markup-project"]) {
      const fold = (await panel.row(name).toggle.isChecked()) && width < 900;
      // Where the panel is narrow, the address takes a line of its own.
      expect(await heightOf(name), name).toBeLessThanOrEqual((await heightOf("e2e-plain")) + (fold ? 40 : 0));
    }
  });
});
