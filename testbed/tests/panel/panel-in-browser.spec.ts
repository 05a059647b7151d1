import { describe, expect, it } from "vitest";
import { logInByPanel } from "../fixtures/log-in.ts";
import { openEngineBed } from "../fixtures/open-bed.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches, refused } from "../fixtures/visits.ts";
import { isAccessible, looksRight, takePicture } from "./panel-look.ts";

/** The path from a container's start to a client's answer, on an engine without a desktop. */
describe("the panel in a browser, on an engine without a desktop", () => {
  const on = openPanelBed({
    panels: "none",
    bed: openEngineBed,
    prepare: async ({ samples }) => void (await samples.start({ name: "e2e-web", http: 8080 })),
  });

  it("logs in and shares by a click, and another click ends it", async () => {
    const panel = await on.open();
    await expect
      .poll(() => panel.page.url(), { message: "the code is gone from the address", timeout: 10_000 })
      .toBe(`${on.bed.desktop.page.url}/`);
    await logInByPanel(panel, on.bed.tailnet.control);
    const row = panel.row("e2e-web");
    await row.says("Not shared");
    await row.toggle.click();
    const address = await row.address();
    await reaches(on.bed.peer, address, "e2e-web says hello");
    await row.toggle.click();
    await row.says("Not shared");
    await refused(on.bed.peer, address);
    await panel.button("Undo").click();
    expect(await row.address()).toBe(address);
    await panel.close();
  });

  it("goes on while containers start and stop, although the browser drops its requests then", async () => {
    const panel = await on.open();
    await panel.row("e2e-web").says("Shared");
    for (const round of [1, 2, 3]) {
      const started = on.bed.samples.start({ name: `e2e-more-${round}`, http: 8080 });
      await panel.row("e2e-web").toggle.click();
      await panel.row("e2e-web").says("Not shared");
      await started;
      await panel.row(`e2e-more-${round}`).says("Not shared");
      await panel.row("e2e-web").toggle.click();
      await panel.row("e2e-web").says("Shared");
      await on.bed.samples.remove(`e2e-more-${round}`);
    }
    expect(await panel.page.getByRole("alert").count()).toBe(0);
    await panel.close();
  });

  it("asks for a new link after a restart of the backend, whose shares go on", async () => {
    const panel = await on.open();
    await panel.row("e2e-web").says("Shared");
    const address = await panel.row("e2e-web").address();
    await on.bed.desktop.backend.restart();
    const field = panel.page.getByRole("textbox", { name: "Link or code" });
    await field.waitFor({ timeout: 60_000 });
    await isAccessible(panel.page);
    await takePicture(panel.page, "sign-in", "light");
    await field.fill(await on.bed.desktop.page.address());
    await panel.button("Sign in").click();
    await panel.row("e2e-web").says("Shared");
    await reaches(on.bed.peer, address, "e2e-web says hello");
    await panel.close();
  });

  it("refuses a link that was used, and says how to get another", async () => {
    const link = await on.bed.desktop.page.address();
    const panel = await on.open();
    const signInAgain = async () => {
      await panel.button("Signed in by link").click();
      await panel.page.getByRole("menuitem", { name: "Sign out", exact: true }).click();
      await panel.page.getByRole("textbox", { name: "Link or code" }).fill(link);
      await panel.button("Sign in").click();
    };
    await signInAgain();
    await panel.row("e2e-web").says("Shared");
    await signInAgain();
    await panel.page.getByText("This link was used, has expired or is incomplete.").waitFor();
    await panel.page.getByText("Run panel-link again and open the new link.").waitFor();
    await panel.close();
  });

  it.each(["light", "dark"] as const)("looks right in the %s theme", async (theme) => {
    const panel = await on.open({ theme });
    await panel.row("e2e-web").says("Shared");
    await looksRight(panel.page);
    await takePicture(panel.page, "browser", theme);
    await panel.close();
  });
});
