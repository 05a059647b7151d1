import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { focusIsVisible, hasFocus, tabTo } from "./fixtures/browser.ts";
import { openPanelBed } from "./fixtures/open-panel-bed.ts";
import { reaches, refused } from "./fixtures/visits.ts";

describe("the panel without a mouse", () => {
  const on = openPanelBed({
    panels: "one each",
    async prepare({ samples }) {
      await samples.start({
        name: "e2e-keys",
        http: 8080,
        expose: ["8080", "7070"],
        flags: ["-e", "HTTP_PORT=8080,7070"],
      });
    },
  });

  /** Waits until a screen reader has been told. */
  const hears = async (words: string) =>
    await expect
      .poll(async () => (await on.panel.heard()).some((each) => each.includes(words)), { message: words })
      .toBe(true);
  /** What a screen reader finds in a part of the panel: roles, names and states, one a line. */
  const finds = async (part: Locator, ...lines: readonly string[]) => {
    const all = await part.ariaSnapshot();
    for (const line of lines) expect(all).toContain(line);
  };
  const press = async (key: string) => await on.panel.page.keyboard.press(key);
  /** Others' containers may stand in the list; typing in the search field leaves one row. */
  const searchFor = async (name: string) => {
    await tabTo(on.panel.page, on.panel.page.getByRole("searchbox", { name: "Search containers" }));
    await on.panel.page.keyboard.type(name);
  };

  it("logs in: the options, the button and its link are reached by Tab, and one sees where the focus is", async () => {
    await finds(
      on.panel.page.locator("#root"),
      "- banner:",
      'button "Account and settings"',
      "- main:",
      'heading "Share containers with your tailnet" [level=2]',
      'button "Log in"',
      'button "Use an auth key"',
    );
    await tabTo(on.panel.page, on.panel.button("Use another control server"));
    await focusIsVisible(on.panel.page, on.panel.button("Use another control server"));
    await press("Enter");
    await press("Tab");
    expect(await hasFocus(on.panel.page.getByRole("textbox", { name: "Control server" }))).toBe(true);
    await on.panel.page.keyboard.type(on.bed.tailnet.control.url);
    await tabTo(on.panel.page, on.panel.button("Log in"));
    await focusIsVisible(on.panel.page, on.panel.button("Log in"));
    await press("Enter");
    const link = on.panel.page.getByRole("link", { name: /\/register\// });
    await tabTo(on.panel.page, link);
    await focusIsVisible(on.panel.page, link);
    await on.bed.tailnet.control.finishLogin((await link.getAttribute("href")) ?? "");
    await on.panel.says(/^Connected to/);
    await hears("Logging in…");
    await hears(" as docker.");
  });

  it("shares and stops a container with Space, and the focus stays on its switch", async () => {
    const row = on.panel.row("e2e-keys");
    await searchFor("e2e-keys");
    await tabTo(on.panel.page, row.toggle);
    await focusIsVisible(on.panel.page, row.toggle);
    await finds(
      on.panel.page.getByRole("list", { name: "Containers" }),
      'listitem "e2e-keys":',
      'button "Details of e2e-keys"',
      'switch "Share e2e-keys"',
    );
    await press("Space");
    const address = await row.address();
    await hears(`e2e-keys is shared at ${address}.`);
    await finds(
      row.at,
      'switch "Share e2e-keys" [checked]',
      `link "Open e2e-keys at ${address}"`,
      'button "Copy address of e2e-keys, port 8080"',
      'button "QR code for e2e-keys, port 8080"',
    );
    await reaches(on.bed.peer, address, "e2e-keys says hello");
    expect(await hasFocus(row.toggle)).toBe(true);
    await press("Space");
    await row.says("Not shared");
    await hears("e2e-keys is no longer shared.");
    await refused(on.bed.peer, address);
    expect(await hasFocus(row.toggle)).toBe(true);
    await press("Space");
    await row.says("Shared");
  });

  it("opens the details, ticks a port and moves it, and keeps the focus where it was", async () => {
    const row = on.panel.row("e2e-keys");
    await searchFor("e2e-keys");
    await tabTo(on.panel.page, on.panel.button("Details of e2e-keys"));
    await focusIsVisible(on.panel.page, on.panel.button("Details of e2e-keys"));
    await press("Enter");
    const { tick, nodePort } = row.port(7070);
    await tabTo(on.panel.page, tick);
    await focusIsVisible(on.panel.page, tick);
    await press("Space");
    await nodePort.waitFor();
    expect(await hasFocus(tick)).toBe(true);
    await finds(
      row.at,
      'group "Details of e2e-keys"',
      'group "Ports of e2e-keys"',
      'checkbox "Share port 7070 TCP of e2e-keys" [checked]',
      'textbox "Port on this node for port 7070 TCP of e2e-keys": "7070"',
      'button "Check e2e-keys"',
    );
    await press("Tab");
    expect(await hasFocus(nodePort)).toBe(true);
    await on.panel.page.keyboard.type("7272");
    await press("Enter");
    await row.at.getByText("docker.tail.test:7272").first().waitFor();
    expect(await hasFocus(nodePort)).toBe(true);
    await hears("e2e-keys is shared at http://docker.tail.test:8080 and http://docker.tail.test:7272.");
    await reaches(on.bed.peer, "http://docker.tail.test:7272", "e2e-keys says hello");
  });

  it("stops everything from the menu: the question has the focus, and its answer is told", async () => {
    const opener = on.panel.button("Account and settings");
    await tabTo(on.panel.page, opener);
    await press("Enter");
    await on.panel.page.locator("[role=menu] :focus").waitFor();
    await on.panel.page.keyboard.type("Stop");
    await expect
      .poll(async () => await on.panel.page.locator("[role=menu] :focus").textContent())
      .toBe("Stop sharing everything");
    await press("Enter");
    const question = on.panel.page.getByRole("dialog", { name: "Stop sharing everything?" });
    await question.waitFor();
    await tabTo(on.panel.page, question.getByRole("button", { name: "Stop sharing" }));
    await press("Enter");
    await on.panel.row("e2e-keys").says("Not shared");
    await hears("e2e-keys is no longer shared.");
    await hears("Nothing is shared any more");
    await refused(on.bed.peer, "http://docker.tail.test:7272");
    await expect.poll(async () => await hasFocus(opener)).toBe(true);
  });

  it("opens the account menu, leaves it with Escape, and is back on its button", async () => {
    const opener = on.panel.button("Account and settings");
    await tabTo(on.panel.page, opener);
    await focusIsVisible(on.panel.page, opener);
    await press("Enter");
    await on.panel.page.locator("[role=menu] :focus").waitFor();
    await press("Escape");
    await expect.poll(async () => await hasFocus(opener)).toBe(true);
  });
});
