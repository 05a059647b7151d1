import { describe, expect, it } from "vitest";
import { focusIsVisible, hasFocus, pickByKeyboard } from "../fixtures/browser.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches, refused } from "../fixtures/visits.ts";
import { keyboardOf } from "./keyboard.ts";

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

  const announces = async (words: string) => await on.panel.announces(words);
  const { finds, press, goTo, pressAt, searchFor } = keyboardOf(() => on.panel.page);

  it("logs in: Tab reaches the options, the button and its link, and the focus is visible", async () => {
    // The options load a moment after the button.
    await on.panel.button("Use an auth key").waitFor();
    await finds(
      on.panel.page.locator("#root"),
      "- banner:",
      'button "Account and settings"',
      "- main:",
      'heading "Share containers over Tailscale" [level=2]',
      'button "Log in"',
      'button "Use an auth key"',
    );
    await goTo(on.panel.button("Use another control server"));
    await press("Enter");
    await press("Tab");
    expect(await hasFocus(on.panel.page.getByRole("textbox", { name: "Control server" }))).toBe(true);
    await on.panel.page.keyboard.type(on.bed.tailnet.control.url);
    await goTo(on.panel.button("Log in"));
    await press("Enter");
    const link = on.panel.page.getByRole("link", { name: /\/register\// });
    await goTo(link);
    await on.bed.tailnet.control.finishLogin((await link.getAttribute("href")) ?? "");
    await on.panel.says(/^Connected ·/);
    await announces("Logging in…");
    await announces("Connected · docker · ");
  });

  it("shares and stops a container with Space, and the focus stays on its switch", async () => {
    const row = on.panel.row("e2e-keys");
    await searchFor("e2e-keys");
    await goTo(row.toggle);
    await finds(
      on.panel.page.getByRole("list", { name: "Containers" }),
      'listitem "e2e-keys":',
      'button "Details of e2e-keys"',
      'switch "Share e2e-keys"',
    );
    await press("Space");
    const address = await row.address();
    await announces("e2e-keys is shared.");
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
    await announces("e2e-keys is no longer shared.");
    await refused(on.bed.peer, address);
    expect(await hasFocus(row.toggle)).toBe(true);
    await press("Space");
    await row.says("Shared");
  });

  it("opens the details, ticks a port and moves it, and keeps the focus where it was", async () => {
    const row = on.panel.row("e2e-keys");
    await searchFor("e2e-keys");
    await goTo(on.panel.button("Details of e2e-keys"));
    await press("Enter");
    const { tick, nodePort } = row.port(7070);
    await goTo(tick);
    await press("Space");
    await nodePort.waitFor();
    expect(await hasFocus(tick)).toBe(true);
    await finds(
      row.drawer,
      'region "Details of e2e-keys"',
      'group "Ports of e2e-keys"',
      'checkbox "Share port 7070 TCP of e2e-keys" [checked]',
      'textbox "Port on this node for port 7070 TCP of e2e-keys": "7070"',
      'button "Test connection: e2e-keys"',
    );
    await press("Tab");
    expect(await hasFocus(nodePort)).toBe(true);
    await on.panel.page.keyboard.type("7272");
    await press("Enter");
    await row.drawer.getByText("docker.tail.test:7272").first().waitFor();
    expect(await hasFocus(nodePort)).toBe(true);
    await announces("e2e-keys has a new address.");
    await reaches(on.bed.peer, "http://docker.tail.test:7272", "e2e-keys says hello");
  });

  it("stops everything from the menu: the dialog has the focus, and the result is announced", async () => {
    const opener = on.panel.button("Account and settings");
    await pickByKeyboard(on.panel.page, opener, "Stop sharing everything");
    const question = on.panel.page.getByRole("dialog", { name: "Stop sharing everything?" });
    await question.waitFor();
    await pressAt(question.getByRole("button", { name: "Stop sharing" }), "Enter");
    await on.panel.row("e2e-keys").says("Not shared");
    await announces("e2e-keys is no longer shared.");
    await announces("Stopped sharing everything");
    await refused(on.bed.peer, "http://docker.tail.test:7272");
    await expect.poll(async () => await hasFocus(opener)).toBe(true);
  });

  it("undoes a switch by Ctrl+Z, and by the button, which comes first in the tab order", async () => {
    await on.bed.api.putShare("name:e2e-keys");
    const row = on.panel.row("e2e-keys");
    await searchFor("e2e-keys");
    const address = await row.address();
    await pressAt(row.toggle, "Space");
    await announces("Stopped sharing e2e-keys. Press Ctrl+Z to undo.");
    await press("Control+z");
    expect(await row.address()).toBe(address);
    await reaches(on.bed.peer, address, "e2e-keys says hello");
    expect(await hasFocus(row.toggle)).toBe(true);

    await press("Space");
    await row.says("Not shared");
    const undo = on.panel.button("Undo");
    for (let presses = 0; presses < 40 && !(await hasFocus(undo)); presses += 1) await press("Shift+Tab");
    await focusIsVisible(on.panel.page, undo);
    await finds(on.panel.page.locator("#root"), 'region "Messages"', 'group "Last action"', 'button "Undo"');
    await press("Enter");
    expect(await row.address()).toBe(address);
    expect(await on.panel.page.evaluate("document.activeElement === document.body")).toBe(false);
  });

  it("shows a QR code and the row's menu, and returns the focus to their buttons", async () => {
    await on.panel.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await searchFor("e2e-keys");
    const address = await on.panel.row("e2e-keys").address();
    const code = on.panel.button("QR code for e2e-keys, port 8080");
    await pressAt(code, "Enter");
    await on.panel.page.getByRole("dialog", { name: "QR code for e2e-keys, port 8080" }).waitFor();
    await press("Escape");
    await expect.poll(async () => await hasFocus(code)).toBe(true);
    const rowMenu = on.panel.button("More for e2e-keys");
    await pressAt(rowMenu, "Enter");
    await on.panel.page.locator("[role=menu] :focus").waitFor();
    await finds(on.panel.page.getByRole("menu"), 'menuitem "View container"', 'menuitem "View logs"');
    await press("Escape");
    await expect.poll(async () => await hasFocus(rowMenu)).toBe(true);
    await pickByKeyboard(on.panel.page, rowMenu, "Copy address");
    await announces(`Copied ${address}`);
    await expect.poll(async () => await hasFocus(rowMenu)).toBe(true);
  });

  it("checks a share, copies it as a compose file, pauses and resumes, and the focus stays where it was", async () => {
    const { page, button } = on.panel;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const row = on.panel.row("e2e-keys");
    await searchFor("e2e-keys");
    const address = await row.address();
    await pressAt(button("Details of e2e-keys"), "Enter");
    const check = button("Test connection: e2e-keys");
    const answers = await on.panel.holdAnswers("POST");
    await goTo(check);
    await press("Enter");
    const running = button("Testing…: e2e-keys").and(page.locator("[aria-disabled=true]"));
    await running.waitFor();
    await press("Enter");
    expect(await hasFocus(running)).toBe(true);
    answers.release();
    await announces("Passed · Container");
    expect(await hasFocus(check)).toBe(true);
    expect(on.panel.asked.filter((call) => call.endsWith("/check"))).toHaveLength(1);

    await pressAt(row.drawer.getByRole("button", { name: "Export as Compose file" }), "Enter");
    const copy = button("Copy compose file of e2e-keys");
    await pressAt(copy, "Enter");
    await announces("Copied the compose file of e2e-keys");
    const shown = row.drawer.getByRole("group", { name: "compose file of e2e-keys" });
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(await shown.textContent());
    expect(await hasFocus(copy)).toBe(true);

    const opener = button("Account and settings");
    await pickByKeyboard(page, opener, "Pause sharing");
    await announces("Sharing is paused.");
    await expect.poll(async () => await hasFocus(opener)).toBe(true);
    await pressAt(button("Resume"), "Enter");
    await announces("Connected · ");
    // The button disappears together with its container.
    await expect.poll(async () => await hasFocus(page.getByRole("main"))).toBe(true);
    await reaches(on.bed.peer, address, "e2e-keys says hello");
  });
});
