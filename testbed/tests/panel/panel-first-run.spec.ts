import { describe, expect, it } from "vitest";
import type { Panel } from "../fixtures/browser.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";
import { looksRight } from "./panel-look.ts";

const MINUTE_MS = 60_000;

/** The controls that a user sees at a glance: the one filled button, and the switches. */
async function invites(panel: Panel): Promise<readonly string[]> {
  return await panel.page.evaluate<string[]>(`[
    ...document.querySelectorAll("#root .MuiButton-contained:not(:disabled)"),
    ...[...document.querySelectorAll("#root [role=list] [role=switch]:not(:disabled)")],
  ].map((element) => element.getAttribute("aria-label") ?? element.textContent)`);
}

describe("the first run, from the installed extension to a shared container", () => {
  const on = openPanelBed({
    panels: "one",
    async prepare({ api, samples, tailnet }) {
      // Users of Tailscale's own control server have nothing to choose; the bed's stands in for it.
      await api.patchSettings({ controlUrl: tailnet.control.url });
      await samples.start({ name: "e2e-first", http: 8080 });
    },
  });

  it("takes three clicks, login included, and offers exactly one next action at each step", async () => {
    const { page } = on.panel;
    const begun = Date.now();
    await page.evaluate(
      'window.clicks = 0; addEventListener("click", ({ isTrusted }) => { window.clicks += isTrusted ? 1 : 0; }, true)',
    );

    await on.panel.says("Not logged in");
    await page.getByRole("heading", { name: "Share containers over Tailscale", exact: true }).waitFor();
    await page
      .getByText(
        "Open your containers from your phone, another computer or CI. Nothing is shared until you turn it on.",
        { exact: true },
      )
      .waitFor();
    expect(await invites(on.panel)).toEqual(["Log in"]);
    await looksRight(page);
    await on.panel.button("Log in").click();

    await page.getByText("Continue in your browser", { exact: true }).waitFor();
    await on.panel.says("Logging in…");
    expect(await invites(on.panel)).toEqual([]);
    const [link = "", ...others] = await on.panel.opened();
    expect(others).toEqual([]);
    // The second click: approval in the browser, which opened automatically.
    await on.bed.tailnet.control.finishLogin(link);

    await on.panel.says(/^Connected · docker · /);
    const row = on.panel.row("e2e-first");
    await row.says("Not shared");
    expect(await invites(on.panel)).toEqual(["Share e2e-first"]);
    await row.toggle.click();

    expect(await row.address()).toBe("http://docker.tail.test:8080");
    expect(await page.evaluate("window.clicks")).toBe(2);
    await reaches(on.bed.peer, "http://docker.tail.test:8080", "e2e-first says hello");
    expect(Date.now() - begun).toBeLessThan(MINUTE_MS);
    // No other question or message appeared in between.
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(await page.getByRole("dialog").count()).toBe(0);
  });
});
