import { describe, expect, it } from "vitest";
import { composeLabels } from "../fixtures/compose-labels.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";
import { imageNames } from "./image-names.ts";
import { fitsItsWidth } from "./panel-look.ts";

const LONG_NAME = `e2e-${"long".repeat(61)}xx`;
const PROJECT = "<img/src=x/onerror=window.ran=1>";
/** An identity must not contain a slash; it may contain these. */
const [BOLD, SCRIPT] = ["<b>e2e-bold<b>", '"><svg><script>window.ran=2<!--'];
const [LONG_PROJECT, LONG_SERVICE] = [`e2e-${"p".repeat(196)}`, `${"s".repeat(199)}1`];
/** Right-to-left by their letters. */
const [SHOP, SERVICE] = ["e2e-فروشگاه", "خدمة-الويب"];
/** Attempts to look like `e2e-gpj.exe`, ring a bell, turn red and span two lines. */
const [TURNED, CONTROL] = ["e2e-\u202eexe.jpg", "e2e\u0007\u001b[31m\u200bred\u0085line"];
/** The engine's maximum: 128 characters of tag, and as many before it as make 250. */
const LONG_IMAGE = `registry.example.com/${"i".repeat(100)}:${"t".repeat(128)}`;

describe("hostile container names in the panel", () => {
  const images = imageNames([LONG_IMAGE]);
  const on = openPanelBed({
    loggedIn: true,
    panels: "one",
    async prepare(bed) {
      await images.give(bed);
      const start = async (name: string, labels: Readonly<Record<string, string>> = {}) =>
        void (await bed.samples.start({ name, http: 8080, labels }));
      await start("e2e-plain");
      await start(LONG_NAME);
      await start("e2e-markup-project", composeLabels(PROJECT, "web"));
      await start("e2e-markup-service", composeLabels(BOLD, SCRIPT));
      await start("e2e-long-labels", composeLabels(LONG_PROJECT, LONG_SERVICE));
      await start("e2e-right-to-left", composeLabels(SHOP, SERVICE));
      await start("e2e-turned", composeLabels(TURNED, CONTROL));
      await images.samples(bed, LONG_IMAGE).start({ name: "e2e-long-image", http: 8080 });
    },
  });

  const row = (name: string) => on.panel.row(name);
  const heightOf = async (name: string) => (await row(name).at.boundingBox())?.height ?? 0;
  /** Checks that no text became an element and that no injected script ran. */
  const isText = async () => {
    const elements =
      "document.querySelectorAll('#root :is(b, i, img, iframe, a[href^=javascript], script)').length";
    expect(await on.panel.page.evaluate(elements)).toBe(0);
    expect(await on.panel.page.evaluate("window.ran")).toBeUndefined();
  };
  const searchFor = async (words: string) =>
    await on.panel.page.getByRole("searchbox", { name: "Search containers" }).fill(words);
  /** Enlarges the panel, because rows out of view are not rendered. */
  const seeAll = async () => await on.panel.page.setViewportSize({ width: 1040, height: 2_000 });
  const rows = () => on.panel.page.getByRole("switch", { name: /^Share (?!all of)/ });

  it("are shown as text, and run no script", async () => {
    await seeAll();
    await row(`${BOLD}/${SCRIPT}`)
      .at.locator(`[data-whole=${JSON.stringify(SCRIPT)}]`)
      .waitFor();
    await on.panel.page.getByRole("heading", { name: BOLD, exact: true }).waitFor();
    await row("e2e-markup-project").at.waitFor();
    await row(`${SHOP}/${SERVICE}`)
      .at.locator(`[data-whole=${JSON.stringify(SERVICE)}]`)
      .waitFor();
    await row("e2e-long-image")
      .at.locator(`[data-whole=${JSON.stringify(LONG_IMAGE)}]`)
      .waitFor();
    await isText();
  });

  it("show a mark in place of invisible or direction-changing characters", async () => {
    await seeAll();
    await on.panel.page.getByRole("heading", { name: "e2e-\ufffdexe.jpg", exact: true }).waitFor();
    const shown = "e2e\ufffd\ufffd[31m\ufffdred\ufffdline";
    await row(`e2e-\ufffdexe.jpg/${shown}`)
      .at.locator(`[data-whole=${JSON.stringify(shown)}]`)
      .waitFor();
  });

  it.each([
    ["<svg>", `${BOLD}/${SCRIPT}`],
    ["e2e-markup-project", "e2e-markup-project"],
    ["خدمة", `${SHOP}/${SERVICE}`],
    [`${"i".repeat(100)}:tt`, "e2e-long-image"],
    ["exe.jpg", "e2e-\ufffdexe.jpg/e2e\ufffd\ufffd[31m\ufffdred\ufffdline"],
    [LONG_NAME.slice(-190), LONG_NAME],
  ])("are found by the search for '%s'", async (words, name) => {
    await searchFor(words);
    await row(name).at.waitFor();
    await expect.poll(async () => await rows().count()).toBe(1);
    await searchFor("e2e");
  });

  it("can be shared like any other, and are text in messages and details, too", async () => {
    const name = `${BOLD}/${SCRIPT}`;
    for (const each of [name, LONG_NAME, `${LONG_PROJECT}/${LONG_SERVICE}`, `${SHOP}/${SERVICE}`]) {
      await row(each).toggle.click();
      await reaches(on.bed.peer, await row(each).address(), "says hello");
      await row(each).details();
      await on.panel.button(`Test connection: ${each}`).click();
      await row(each).drawer.getByText("All tests passed.").waitFor();
    }
    await row(name).toggle.click();
    await on.panel.page.getByRole("group", { name: "Last action" }).getByText(SCRIPT).waitFor();
    await isText();
  });

  it.each([1040, 720])("leave the layout as it is at %i px", async (width) => {
    await on.panel.page.setViewportSize({ width, height: 720 });
    await fitsItsWidth(on.panel.page);
    await on.panel.page.reload();
    await row("e2e-plain").says("Not shared");
    await fitsItsWidth(on.panel.page);
    for (const name of [
      LONG_NAME,
      `${LONG_PROJECT}/${LONG_SERVICE}`,
      "e2e-markup-project",
      "e2e-long-image",
    ]) {
      const fold = (await row(name).toggle.isChecked()) && width < 900;
      // In a narrow panel, the address takes a line of its own.
      expect(await heightOf(name), name).toBeLessThanOrEqual((await heightOf("e2e-plain")) + (fold ? 40 : 0));
    }
  });
});
