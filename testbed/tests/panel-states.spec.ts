import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { launchChromium } from "../src/lib/chromium.ts";
import { openPanel, type Panel } from "./fixtures/browser.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { fitsItsWidth, isAccessible } from "./fixtures/panel-look.ts";
import { reaches, refused } from "./fixtures/visits.ts";

describe("what a panel that stays open says as things change around it", () => {
  let bed: Bed;
  let browser: Browser;
  let panel: Panel;

  beforeAll(async () => {
    [bed, browser] = await Promise.all([openBed(), launchChromium()]);
    await bed.login();
    await bed.samples.start({ name: "e2e-site", http: 8080 });
    panel = await openPanel(browser, bed);
    await panel.row("e2e-site").toggle.click();
    await panel.row("e2e-site").says("Shared");
  });
  afterAll(async () => {
    await browser?.close();
    await bed?.close();
  });

  const docker = async (...args: string[]) => await bed.engine.docker(args);
  const heading = () => panel.page.getByRole("heading", { name: "Not here now" });

  it("a stopped container's share waits, and is back when the container is", async () => {
    const row = panel.row("e2e-site");
    const address = await row.address();
    await docker("stop", "-t", "5", "e2e-site");
    await row.says("Waiting");
    await row.says("Shared, waiting for the container to start");
    expect(await row.toggle.isChecked()).toBe(true);
    await refused(bed.peer, address);
    await docker("start", "e2e-site");
    expect(await row.address()).toBe(address);
    await reaches(bed.peer, address, "e2e-site says hello");
  });

  it("a removed container's share is kept under 'Not here now', and is back with a container of that name", async () => {
    const row = panel.row("e2e-site");
    const address = await row.address();
    await bed.samples.remove("e2e-site");
    await heading().waitFor();
    await row.says("Shared, waiting for the container to come back");
    await bed.samples.start({ name: "e2e-site", http: 8080 });
    expect(await row.address()).toBe(address);
    await heading().waitFor({ state: "hidden" });
    await reaches(bed.peer, address, "e2e-site says hello");
  });

  it("'Forget' ends a share whose container is gone: the next one of that name starts unshared", async () => {
    const row = panel.row("e2e-site");
    await bed.samples.remove("e2e-site");
    await heading().waitFor();
    await row.details();
    await panel.button("Forget e2e-site").click();
    await row.at.waitFor({ state: "detached" });
    await heading().waitFor({ state: "hidden" });
    await bed.samples.start({ name: "e2e-site", http: 8080 });
    await row.says("Not shared");
  });

  it("a container without a network cannot be shared, and the row says why", async () => {
    await bed.samples.start({ name: "e2e-lonely", http: 8080, networks: ["none"] });
    const row = panel.row("e2e-lonely");
    await row.says("Cannot be shared");
    await row.says(/network/i);
    expect(await row.toggle.isDisabled()).toBe(true);
  });

  it("a share that can no longer be reached says why, and mends itself", async () => {
    await bed.samples.createNetwork("e2e-cut-net");
    await bed.samples.start({ name: "e2e-cut", http: 8088, networks: ["e2e-cut-net"] });
    const row = panel.row("e2e-cut");
    await row.toggle.click();
    const address = await row.address();
    await docker("network", "disconnect", "e2e-cut-net", "e2e-cut");
    await row.says("Not reachable");
    await row.says(/network/i);
    await row.details();
    await row.at.getByRole("alert").getByText("NO_ADDRESS").waitFor();
    await docker("network", "connect", "e2e-cut-net", "e2e-cut");
    expect(await row.address()).toBe(address);
    await reaches(bed.peer, address, "e2e-cut says hello");
  });

  it("'Check' names the hop that fails where a program listens on 127.0.0.1 only", async () => {
    await bed.samples.start({ name: "e2e-local", http: 8089, bind: "127.0.0.1" });
    const row = panel.row("e2e-local");
    await row.toggle.click();
    await row.says("Shared");
    await row.details();
    await panel.button("Check e2e-local").click();
    const result = row.at.getByRole("list", { name: "Result of the check" }).getByRole("listitem");
    await expect
      .poll(async () => await result.allTextContents(), { timeout: 20_000 })
      .toEqual([
        "Fine · Container runs: The container is running.",
        expect.stringMatching(/^Fine · Network reaches it: /),
        "Fails · Something listens on the port: Nothing in the container takes connections on port 8089.",
      ]);
    await row.at.getByRole("alert").getByText("listens on 0.0.0.0 and not on 127.0.0.1").waitFor();
  });

  it("'Check' of a share that works says so", async () => {
    await panel.row("e2e-site").toggle.click();
    await panel.row("e2e-site").says("Shared");
    await panel.row("e2e-site").details();
    await panel.button("Check e2e-site").click();
    await panel.row("e2e-site").at.getByText("Everything on the way works.").waitFor();
  });

  it("two panels agree: what is changed in one is seen in the other, both ways", async () => {
    const other = await openPanel(browser, bed, { theme: "dark" });
    const [here, there] = [panel.row("e2e-site"), other.row("e2e-site")];
    expect(await there.address()).toBe(await here.address());
    await there.toggle.click();
    await here.says("Not shared");
    await here.toggle.click();
    expect(await there.address()).toBe(await here.address());
    await other.close();
  });

  it("a backend that restarts takes nothing away: the panel and the share are back by themselves", async () => {
    const address = await panel.row("e2e-site").address();
    await panel.page.evaluate("window.stillTheSamePage = true");
    await bed.desktop.backend.restart();
    await bed.api.waitFor("the node", ({ node }) => node.state === "connected", 60_000);
    await reaches(bed.peer, address, "e2e-site says hello", 60_000);
    await panel.says(/^Connected to .* as docker/);
    await panel.page.getByText("What you see may be out of date.").waitFor({ state: "hidden" });
    // Not what was drawn before: a change that the new backend makes arrives.
    await bed.api.deleteShare("name:e2e-site");
    await panel.row("e2e-site").says("Not shared");
    await panel.row("e2e-site").toggle.click();
    expect(await panel.row("e2e-site").address()).toBe(address);
    expect(await panel.page.evaluate("window.stillTheSamePage")).toBe(true);
  });

  it("rows that wait, fail or cannot be shared are accessible too, in both themes, and fit into 720 px", async () => {
    await docker("stop", "-t", "5", "e2e-site");
    await docker("network", "disconnect", "e2e-cut-net", "e2e-cut");
    for (const theme of ["light", "dark"] as const) {
      const look = await openPanel(browser, bed, { theme });
      await look.row("e2e-site").says("Waiting");
      await look.row("e2e-cut").says("Not reachable");
      await look.row("e2e-cut").details();
      await isAccessible(look.page);
      await look.page.setViewportSize({ width: 720, height: 720 });
      await fitsItsWidth(look.page);
      await look.close();
    }
  });
});
