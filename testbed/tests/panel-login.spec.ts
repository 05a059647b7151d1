import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { launchChromium } from "../src/lib/chromium.ts";
import { openPanel, type Panel } from "./fixtures/browser.ts";
import { openBed } from "./fixtures/open-bed.ts";

describe("logging in and out, in the panel", () => {
  let bed: Bed;
  let browser: Browser;
  let panel: Panel;

  beforeAll(async () => {
    [bed, browser] = await Promise.all([openBed(), launchChromium()]);
    await bed.samples.start({ name: "e2e-kept", http: 8080 });
  });
  afterAll(async () => {
    await browser?.close();
    await bed?.close();
  });
  beforeEach(async () => {
    panel = await openPanel(browser, bed);
  });
  afterEach(async () => {
    expect(panel.complaints).toEqual([]);
    await panel.close();
  });

  const linkOnScreen = () => panel.page.getByRole("link", { name: /\/register\// });
  const anotherLink = async (not: readonly string[]) => {
    const link = async () => (await linkOnScreen().getAttribute("href")) ?? "";
    await expect.poll(async () => not.includes(await link()), { timeout: 30_000 }).toBe(false);
    return await link();
  };
  const chooseControlServer = async () => {
    await panel.button("Use another control server").click();
    await panel.page.getByRole("textbox", { name: "Control server" }).fill(bed.tailnet.control.url);
  };

  it("says that nothing is shared before anybody has logged in, and shows no link yet", async () => {
    await panel.says("Not logged in");
    await panel.page.getByText("Nothing is shared until you flip one.").waitFor();
    expect(await linkOnScreen().count()).toBe(0);
    expect(await panel.opened()).toEqual([]);
  });

  it("takes back a log-in that was cancelled, and gives another link when asked for one", async () => {
    await chooseControlServer();
    await panel.button("Log in").click();
    const first = await anotherLink([]);
    await panel.button("Cancel").click();
    await panel.button("Log in").waitFor();
    await panel.says("Not logged in");
    expect(await linkOnScreen().count()).toBe(0);

    await panel.button("Log in").click();
    const second = await anotherLink([first]);
    await panel.button("Get a new link").click();
    const third = await anotherLink([first, second]);
    expect(await panel.opened()).toEqual([first, second, third]);
  });

  it("opens no browser in a second panel that only looks on, and is cancelled from there", async () => {
    await linkOnScreen().waitFor();
    expect(await panel.opened()).toEqual([]);
    await panel.button("Cancel").click();
    await panel.button("Log in").waitFor();
  });

  it("logs in by a link that is opened once and stands there as text and QR code, and connects by itself", async () => {
    await chooseControlServer();
    await panel.button("Log in").click();
    const link = await anotherLink([]);
    expect(await linkOnScreen().textContent()).toBe(link);
    await panel.page.getByRole("img", { name: "QR code of the log-in link" }).waitFor();
    await panel.page.getByText("Waiting for you to finish in the browser").waitFor();
    expect(await panel.opened()).toEqual([link]);

    await bed.tailnet.control.finishLogin(link);
    await panel.says(/^Connected to .* as docker/);
    await panel.row("e2e-kept").says("Not shared");
    expect(await panel.opened()).toEqual([link]);
  });

  it("asks before it logs out and says what stops, and staying is the way out of the question", async () => {
    await panel.row("e2e-kept").toggle.click();
    await panel.row("e2e-kept").says("Shared");
    await panel.menu("Log out");
    const question = panel.page.getByRole("dialog", { name: "Log out?" });
    await question.getByText("This node leaves your tailnet").waitFor();
    await question.getByText("1 shared container becomes unreachable").waitFor();
    await panel.page.keyboard.press("Escape");
    await question.waitFor({ state: "hidden" });
    expect((await bed.api.snapshot()).node.state).toBe("connected");

    await panel.menu("Log out");
    await question.getByRole("button", { name: "Log out" }).click();
    await panel.says("Not logged in");
    await panel.page.getByText("1 share is kept and comes back when you have logged in.").waitFor();
  });

  it("logs in by auth key, keeps the key nowhere on the page, and brings the shares back", async () => {
    const key = await bed.tailnet.control.createAuthKey();
    await chooseControlServer();
    await panel.button("Use an auth key").click();
    await panel.page.getByLabel("Auth key", { exact: true }).fill(key);
    await panel.button("Log in with key").click();
    await panel.says(/^Connected to .* as docker/);
    await panel.row("e2e-kept").says("Shared");
    expect(await panel.page.content()).not.toContain(key);
    expect(await panel.opened()).toEqual([]);
  });

  it("says so when the key is refused, and another one can be tried", async () => {
    await panel.menu("Log out");
    await panel.page.getByRole("dialog").getByRole("button", { name: "Log out" }).click();
    await panel.button("Use an auth key").click();
    await panel.page.getByLabel("Auth key", { exact: true }).fill("hskey-auth-this-is-no-key");
    await panel.button("Log in with key").click();
    await panel.page.getByRole("alert").getByText("AUTH_KEY_REFUSED").waitFor();
    await panel.button("Cancel").click();
    await panel.button("Log in").waitFor();
  });
});
