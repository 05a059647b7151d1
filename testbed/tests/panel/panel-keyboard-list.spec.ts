import { describe, expect, it } from "vitest";
import { hasFocus, pickByKeyboard, tabTo } from "../fixtures/browser.ts";
import { composeLabels } from "../fixtures/compose-labels.ts";
import { startOnTailnet } from "../fixtures/machines.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";
import { keyboardOf } from "./keyboard.ts";

describe("the panel's list, machines and settings without a mouse", () => {
  const on = openPanelBed({
    panels: "one each",
    loggedIn: true,
    async prepare({ samples }) {
      for (const [service, http] of [["api", 3000] as const, ["web", 3001] as const])
        await samples.start({
          name: `e2e-board-${service}`,
          http,
          labels: composeLabels("e2e-board", service),
        });
    },
  });

  const announces = async (words: string) => await on.panel.announces(words);
  const { press, goTo, pressAt, searchFor } = keyboardOf(() => on.panel.page);

  it("opens the account menu, closes it with Escape, and returns the focus to its button", async () => {
    const opener = on.panel.button("Account and settings");
    await goTo(opener);
    await press("Enter");
    await on.panel.page.locator("[role=menu] :focus").waitFor();
    await press("Escape");
    await expect.poll(async () => await hasFocus(opener)).toBe(true);
  });

  it("makes a container a machine, renames it and sets its end, and announces each", async () => {
    const authKey = await on.bed.tailnet.control.createAuthKey();
    await on.bed.api.patchSettings({ machineCredential: { kind: "auth-key", authKey }, oneClick: "node" });
    await startOnTailnet(on.bed, "e2e-own", { expose: ["80"] });
    const row = on.panel.row("e2e-own");
    await searchFor("e2e-own");
    await pressAt(row.toggle, "Space");
    await announces("e2e-own is shared.");
    await pressAt(on.panel.button("Details of e2e-own"), "Enter");
    const mode = row.drawer.getByRole("radiogroup", { name: "Address" });
    await mode.waitFor();
    await row.drawer.getByText("Changing this changes its address and drops open connections.").waitFor();
    await pressAt(mode.getByRole("radio", { name: "On this node" }), "ArrowRight");
    await expect.poll(async () => await row.address(), { timeout: 60_000 }).toBe("http://e2e-own.tail.test");
    await announces("e2e-own has a new address.");
    expect(await hasFocus(mode.getByRole("radio", { name: "Own machine" }))).toBe(true);

    const name = row.drawer.getByRole("textbox", { name: "Machine name" });
    await tabTo(on.panel.page, name);
    await row.drawer.getByText("Renaming breaks existing links.").waitFor();
    await on.panel.page.keyboard.type("e2e-named");
    await press("Enter");
    await reaches(on.bed.peer, "http://e2e-named.tail.test", "e2e-own says hello", 60_000);
    await announces("e2e-own has a new address.");

    await pressAt(row.drawer.getByRole("button", { name: "In 1 hour" }), "Enter");
    await announces("Stops ");
    await pressAt(row.drawer.getByRole("button", { name: "Never" }), "Space");
    await announces("Shared until you turn it off");
  });

  it("forgets a share whose container is gone, and undoes that", async () => {
    await on.bed.samples.start({ name: "e2e-left", http: 6003 });
    await on.bed.api.putShare("name:e2e-left");
    await on.bed.samples.remove("e2e-left");
    const row = on.panel.row("e2e-left");
    await searchFor("e2e-left");
    await row.says("Resumes when the container is re-created");
    await pressAt(on.panel.button("Details of e2e-left"), "Enter");
    await pressAt(on.panel.button("Remove share of e2e-left"), "Enter");
    await announces("Removed the share of e2e-left. Press Ctrl+Z to undo.");
    await row.at.waitFor({ state: "hidden" });
    await press("Control+z");
    await row.says("Resumes when the container is re-created");
    await on.bed.api.deleteShare("name:e2e-left");
  });

  it("shares a project with its switch, filters the list, and announces the results", async () => {
    await searchFor("e2e-board");
    await announces("2 containers found");
    const project = on.panel.page.getByRole("switch", { name: "Share all of project e2e-board" });
    await goTo(project);
    await press("Space");
    await announces("e2e-board/api is shared.");
    const sharedOnly = on.panel.page.getByRole("checkbox", { name: "Shared only" });
    await pressAt(sharedOnly, "Space");
    await pressAt(on.panel.page.getByRole("checkbox", { name: "Group by project" }), "Space");
    await project.waitFor({ state: "hidden" });
    await press("Space");
    await pressAt(project, "Space");
    await announces("Stopped sharing e2e-board. Press Ctrl+Z to undo.");
    await on.panel.page.getByText("Nothing matches").waitFor();
    await announces("0 containers found");
    await pressAt(on.panel.button("Show all containers"), "Enter");
    expect(await hasFocus(on.panel.page.getByRole("searchbox", { name: "Search containers" }))).toBe(true);
  });

  it("opens the settings and changes one, copies the versions, and returns the focus to the menu's button", async () => {
    const opener = on.panel.button("Account and settings");
    await pickByKeyboard(on.panel.page, opener, "Settings");
    const settings = on.panel.page.getByRole("dialog", { name: "Settings" });
    const field = settings.getByRole("textbox", { name: "Machine name" });
    await tabTo(on.panel.page, field);
    await on.panel.page.keyboard.type("e2e-device");
    await press("Enter");
    await settings.getByText("Saved").waitFor();
    await press("Escape");
    await expect.poll(async () => await hasFocus(opener)).toBe(true);
    await on.panel.says(/^Connected · e2e-device · /);
    await pickByKeyboard(on.panel.page, opener, "Copy version info");
    await announces("Copied Panel ");
  });
});
