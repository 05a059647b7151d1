import { beforeAll, describe, expect, it } from "vitest";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches, refused } from "../fixtures/visits.ts";
import { looksRight } from "./panel-look.ts";

describe("a panel that stays open while things change", () => {
  const on = openPanelBed({
    loggedIn: true,
    panels: "one",
    prepare: async ({ samples }) => void (await samples.start({ name: "e2e-site", http: 8080 })),
  });
  beforeAll(async () => {
    await on.panel.row("e2e-site").toggle.click();
    await on.panel.row("e2e-site").says("Shared");
  });

  const docker = async (...args: string[]) => await on.bed.engine.docker(args);
  const heading = () => on.panel.page.getByRole("heading", { name: "Removed containers" });

  it("shows that a stopped container's share waits, and is live again with the container", async () => {
    const row = on.panel.row("e2e-site");
    const address = await row.address();
    await docker("stop", "-t", "5", "e2e-site");
    await row.says("Waiting");
    await row.says("Resumes when the container starts");
    expect(await row.toggle.isChecked()).toBe(true);
    await refused(on.bed.peer, address);
    await docker("start", "e2e-site");
    expect(await row.address()).toBe(address);
    await reaches(on.bed.peer, address, "e2e-site says hello");
  });

  it("keeps a removed container's share under 'Removed containers', and is live again with a container of that name", async () => {
    const row = on.panel.row("e2e-site");
    const address = await row.address();
    await on.bed.samples.remove("e2e-site");
    await heading().waitFor();
    await row.says("Resumes when the container is re-created");
    await on.bed.samples.start({ name: "e2e-site", http: 8080 });
    expect(await row.address()).toBe(address);
    await heading().waitFor({ state: "hidden" });
    await reaches(on.bed.peer, address, "e2e-site says hello");
  });

  it("'Forget' ends a share whose container is gone: the next one of that name starts unshared", async () => {
    const row = on.panel.row("e2e-site");
    await on.bed.samples.remove("e2e-site");
    await heading().waitFor();
    await row.details();
    await on.panel.button("Remove share of e2e-site").click();
    await row.at.waitFor({ state: "detached" });
    await heading().waitFor({ state: "hidden" });
    await on.bed.samples.start({ name: "e2e-site", http: 8080 });
    await row.says("Not shared");
  });

  it("finds listening ports that are not declared, also new ones, and shares them with one tick", async () => {
    await on.bed.samples.start({ name: "e2e-more", http: 8087 });
    const row = on.panel.row("e2e-more");
    await row.details();
    await row.drawer.getByText("No other open ports.").waitFor();
    const listen = `require("http").createServer((_, answer) => answer.end("more says hello")).listen(9087)`;
    await docker("exec", "-d", "e2e-more", "node", "-e", listen);
    await expect
      .poll(
        async () => {
          await on.panel.button("Rescan e2e-more").click();
          return await row.drawer.getByText("detected").count();
        },
        { timeout: 20_000, interval: 1_000 },
      )
      .toBe(1);
    await row.port(9087).tick.click();
    await row.port(9087).address.waitFor();
    const address = (await row.port(9087).address.getAttribute("href")) ?? "";
    await reaches(on.bed.peer, address, "more says hello");
    await row.port(9087).tick.click();
    await row.says("Not shared");
    await on.bed.samples.remove("e2e-more");
  });

  it("shows the last lines of both logs with one click, and refreshes them on request", async () => {
    await on.panel.menu("View logs");
    const dialog = on.panel.page.getByRole("dialog", { name: "Logs" });
    const backend = dialog.getByRole("region", { name: "Backend" });
    const lines = async () => (await backend.textContent()) ?? "";
    await expect.poll(lines).toContain("step done");
    await expect
      .poll(async () => await dialog.getByRole("region", { name: "Tailscale" }).textContent())
      .toMatch(/\n.*\n/);
    const before = await lines();
    await on.bed.api.putShare("name:e2e-site");
    await dialog.getByRole("button", { name: "Refresh" }).click();
    await expect.poll(lines).not.toBe(before);
    expect((await lines()).slice(-2_000)).toContain("step=forward");
    await on.bed.api.deleteShare("name:e2e-site");
    await dialog.getByRole("button", { name: "Close" }).click();
    await dialog.waitFor({ state: "detached" });
  });

  it("says why a container without a network cannot be shared", async () => {
    await on.bed.samples.start({ name: "e2e-lonely", http: 8080, networks: ["none"] });
    const row = on.panel.row("e2e-lonely");
    await row.says("Can't be shared");
    await row.says(/network/i);
    expect(await row.toggle.isDisabled()).toBe(true);
  });

  it("says why a share is unreachable, and recovers", async () => {
    await on.bed.samples.createNetwork("e2e-cut-net");
    await on.bed.samples.start({ name: "e2e-cut", http: 8088, networks: ["e2e-cut-net"] });
    const row = on.panel.row("e2e-cut");
    await row.toggle.click();
    const address = await row.address();
    await docker("network", "disconnect", "e2e-cut-net", "e2e-cut");
    await row.says("Not reachable");
    await row.says(/network/i);
    await row.details();
    await row.drawer.getByRole("alert").getByText("NO_ADDRESS").waitFor();
    await docker("network", "connect", "e2e-cut-net", "e2e-cut");
    expect(await row.address()).toBe(address);
    await reaches(on.bed.peer, address, "e2e-cut says hello");
  });

  it("'Check' names the hop that fails where a program listens on 127.0.0.1 only", async () => {
    await on.bed.samples.start({ name: "e2e-local", http: 8089, bind: "127.0.0.1" });
    const row = on.panel.row("e2e-local");
    await row.toggle.click();
    await row.says("On 127.0.0.1 only");
    await row.says(/Shared, but it listens on 127.0.0.1 only, on port 8089$/);
    await row.details();
    await on.panel.button("Test connection: e2e-local").click();
    const result = row.drawer.getByRole("list", { name: "Test result" }).getByRole("listitem");
    await expect
      .poll(async () => await result.allTextContents(), { timeout: 20_000 })
      .toEqual([
        "Passed · Container: running",
        expect.stringMatching(/^Passed · Network: /),
        "Failed · Port: The application listens on 127.0.0.1 only, on port 8089.",
      ]);
    await row.drawer.getByRole("alert").getByText("have it listen on 0.0.0.0").waitFor();
  });

  it("'Check' of a working share says so", async () => {
    await on.panel.row("e2e-site").toggle.click();
    await on.panel.row("e2e-site").says("Shared");
    await on.panel.row("e2e-site").details();
    await on.panel.button("Test connection: e2e-site").click();
    await on.panel.row("e2e-site").drawer.getByText("All tests passed.").waitFor();
  });

  it("keeps everything when the backend restarts: the panel and the share recover", async () => {
    const address = await on.panel.row("e2e-site").address();
    await on.panel.page.evaluate("window.stillTheSamePage = true");
    await on.bed.desktop.backend.restart();
    await on.bed.api.waitFor("the node", ({ node }) => node.state === "connected", 60_000);
    await reaches(on.bed.peer, address, "e2e-site says hello", 60_000);
    await on.panel.says(/^Connected · docker · /);
    await on.panel.page.getByText("Reconnecting… This page may be out of date.").waitFor({ state: "hidden" });
    // The view isn't stale: a change by the new backend arrives.
    await on.bed.api.deleteShare("name:e2e-site");
    await on.panel.row("e2e-site").says("Not shared");
    await on.panel.row("e2e-site").toggle.click();
    expect(await on.panel.row("e2e-site").address()).toBe(address);
    expect(await on.panel.page.evaluate("window.stillTheSamePage")).toBe(true);
  });

  it("shows all of that accessibly in both themes, within 720 px", async () => {
    const { samples } = on.bed;
    await samples.start({ name: "e2e-gone", http: 8090 });
    for (const name of ["e2e-gone", "e2e-local"]) await on.bed.api.putShare(`name:${name}`);
    await samples.remove("e2e-gone");
    await docker("stop", "-t", "5", "e2e-site");
    await docker("network", "disconnect", "e2e-cut-net", "e2e-cut");
    for (const theme of ["light", "dark"] as const) {
      const look = await on.open({ theme, height: 1_200 });
      await look.row("e2e-site").says("Waiting");
      await look.row("e2e-gone").says("Resumes when the container is re-created");
      await look.row("e2e-lonely").says("Can't be shared");
      await look.row("e2e-cut").says("Not reachable");
      for (const [name, words] of [
        ["e2e-gone", "Container removed"],
        ["e2e-cut", "NO_ADDRESS"],
      ] as const) {
        await look.row(name).details();
        await look.row(name).drawer.getByText(words).waitFor();
        await looksRight(look.page);
      }
      await look.row("e2e-local").details();
      await look.button("Test connection: e2e-local").click();
      await look.row("e2e-local").drawer.getByRole("alert").getByText("NOT_LISTENING").waitFor();
      await looksRight(look.page);
      await look.close();
    }
  });
});
