import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { launchChromium } from "../src/lib/chromium.ts";
import { focusIsVisible, hasFocus, openPanel, type Panel, tabTo } from "./fixtures/browser.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { reaches, refused } from "./fixtures/visits.ts";

describe("the panel without a mouse", () => {
  let bed: Bed;
  let browser: Browser;
  let panel: Panel;

  beforeAll(async () => {
    [bed, browser] = await Promise.all([openBed(), launchChromium()]);
    await bed.samples.start({
      name: "e2e-keys",
      http: 8080,
      expose: ["8080", "7070"],
      flags: ["-e", "HTTP_PORT=8080,7070"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await bed?.close();
  });
  beforeEach(async () => {
    panel = await openPanel(browser, bed);
  });
  afterEach(async () => {
    await panel.close();
  });

  const press = async (key: string) => await panel.page.keyboard.press(key);
  /** Others' containers may stand in the list; typing in the search field leaves one row. */
  const searchFor = async (name: string) => {
    await tabTo(panel.page, panel.page.getByRole("searchbox", { name: "Search containers" }));
    await panel.page.keyboard.type(name);
  };

  it("logs in: the options, the button and its link are reached by Tab, and one sees where the focus is", async () => {
    await tabTo(panel.page, panel.button("Use another control server"));
    await focusIsVisible(panel.page, panel.button("Use another control server"));
    await press("Enter");
    await press("Tab");
    expect(await hasFocus(panel.page.getByRole("textbox", { name: "Control server" }))).toBe(true);
    await panel.page.keyboard.type(bed.tailnet.control.url);
    await tabTo(panel.page, panel.button("Log in"));
    await focusIsVisible(panel.page, panel.button("Log in"));
    await press("Enter");
    const link = panel.page.getByRole("link", { name: /\/register\// });
    await tabTo(panel.page, link);
    await focusIsVisible(panel.page, link);
    await bed.tailnet.control.finishLogin((await link.getAttribute("href")) ?? "");
    await panel.says(/^Connected to/);
  });

  it("shares and stops a container with Space, and the focus stays on its switch", async () => {
    const row = panel.row("e2e-keys");
    await searchFor("e2e-keys");
    await tabTo(panel.page, row.toggle);
    await focusIsVisible(panel.page, row.toggle);
    await press("Space");
    const address = await row.address();
    await reaches(bed.peer, address, "e2e-keys says hello");
    expect(await hasFocus(row.toggle)).toBe(true);
    await press("Space");
    await row.says("Not shared");
    await refused(bed.peer, address);
    expect(await hasFocus(row.toggle)).toBe(true);
    await press("Space");
    await row.says("Shared");
  });

  it("opens the details, ticks a port and moves it, and keeps the focus where it was", async () => {
    const row = panel.row("e2e-keys");
    await searchFor("e2e-keys");
    await tabTo(panel.page, panel.button("Details of e2e-keys"));
    await focusIsVisible(panel.page, panel.button("Details of e2e-keys"));
    await press("Enter");
    const { tick, nodePort } = row.port(7070);
    await tabTo(panel.page, tick);
    await focusIsVisible(panel.page, tick);
    await press("Space");
    await nodePort.waitFor();
    expect(await hasFocus(tick)).toBe(true);
    await press("Tab");
    expect(await hasFocus(nodePort)).toBe(true);
    await panel.page.keyboard.type("7272");
    await press("Enter");
    await row.at.getByText("docker.tail.test:7272").waitFor();
    expect(await hasFocus(nodePort)).toBe(true);
    await reaches(bed.peer, "http://docker.tail.test:7272", "e2e-keys says hello");
  });

  it("opens the account menu, leaves it with Escape, and is back on its button", async () => {
    const opener = panel.button("Account and settings");
    await tabTo(panel.page, opener);
    await focusIsVisible(panel.page, opener);
    await press("Enter");
    await panel.page.locator("[role=menu] :focus").waitFor();
    await press("Escape");
    await expect.poll(async () => await hasFocus(opener)).toBe(true);
  });
});
