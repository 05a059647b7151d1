import { describe, expect, it } from "vitest";
import { restartAndSignIn } from "../../fixtures/log-in.ts";
import { openEngineBed } from "../../fixtures/open-bed.ts";
import { openPanelBed } from "../../fixtures/open-panel-bed.ts";
import { reaches, refused } from "../../fixtures/visits.ts";

/** The path from a container's start to a client's answer, on Podman without a desktop. */
describe("one click on Podman", () => {
  const on = openPanelBed({
    panels: "none",
    bed: openEngineBed,
    async prepare({ samples }) {
      await samples.createNetwork("one-click");
      await samples.start({ name: "e2e-default", http: 8080 });
      await samples.start({ name: "e2e-network", http: 8081, networks: ["one-click"] });
    },
  });

  it("logs in, and shares a container on Podman's default network by a click", async () => {
    const panel = await on.open();
    await panel.says("Not logged in");
    await panel.button("Use another control server").click();
    await panel.page.getByRole("textbox", { name: "Control server" }).fill(on.bed.tailnet.control.url);
    const opened = panel.page.context().waitForEvent("page");
    await panel.button("Log in").click();
    const link = panel.page.getByRole("link", { name: /\/register\// });
    await on.bed.tailnet.control.finishLogin((await link.getAttribute("href")) ?? "");
    await (await opened).close();
    const row = panel.row("e2e-default");
    await row.says("Not shared");
    await row.toggle.click();
    await reaches(on.bed.peer, await row.address(), "e2e-default says hello");
    await panel.close();
  });

  it("goes on after a restart of the container, and of the backend, at the same address", async () => {
    const panel = await on.open();
    const row = panel.row("e2e-network");
    await row.toggle.click();
    const address = await row.address();
    await reaches(on.bed.peer, address, "e2e-network says hello");
    await on.bed.engine.docker(["restart", "-t", "1", "e2e-network"]);
    await reaches(on.bed.peer, address, "e2e-network says hello");
    await restartAndSignIn(panel, on.bed.desktop);
    await row.says("Shared");
    expect(await row.address()).toBe(address);
    await reaches(on.bed.peer, address, "e2e-network says hello");
    await panel.close();
  });

  it("ends with another click", async () => {
    const panel = await on.open();
    for (const name of ["e2e-default", "e2e-network"]) {
      const row = panel.row(name);
      const address = await row.address();
      await row.toggle.click();
      await row.says("Not shared");
      await refused(on.bed.peer, address);
    }
    await panel.close();
  });
});
