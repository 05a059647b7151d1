import { describe, expect, it } from "vitest";
import { restartAndSignIn } from "../../fixtures/log-in.ts";
import { machinesByKey, machineUp, noMachines, startOnTailnet } from "../../fixtures/machines.ts";
import { worksOnNode } from "../../fixtures/node-share.ts";
import { openEngineBed } from "../../fixtures/open-bed.ts";
import { openPanelBed } from "../../fixtures/open-panel-bed.ts";
import { reaches, refused } from "../../fixtures/visits.ts";

/** The part of the specs for Podman that `npm test` runs. */
describe("on Podman, in short", () => {
  const on = openPanelBed({
    panels: "none",
    bed: openEngineBed,
    loggedIn: true,
    async prepare({ samples }) {
      await samples.start({ name: "e2e-clicked", http: 8080 });
    },
  });

  it("shares by a click, goes on after a restart of the container and of the backend, and ends with a click", async () => {
    const panel = await on.open();
    const row = panel.row("e2e-clicked");
    await row.toggle.click();
    const address = await row.address();
    await reaches(on.bed.peer, address, "e2e-clicked says hello");
    await on.bed.engine.docker(["restart", "-t", "0", "e2e-clicked"]);
    await reaches(on.bed.peer, address, "e2e-clicked says hello");
    await restartAndSignIn(panel, on.bed.desktop);
    await row.says("Shared");
    await reaches(on.bed.peer, address, "e2e-clicked says hello");
    await row.toggle.click();
    await row.says("Not shared");
    await refused(on.bed.peer, address);
    await panel.close();
  });

  it("names Podman in its health", async () => {
    const { body } = await on.bed.desktop.page.request({ method: "GET", url: "/health" });
    expect(body).toMatch(/"Podman [\d.]+ answers\."/);
  });

  it("carries TCP and UDP by the kernel's rules, passes a check, and refuses after the share is switched off", async () => {
    await worksOnNode(on.bed, "pod-net");
  });

  it("creates and removes a machine", async () => {
    const { bed } = on;
    await machinesByKey(bed);
    await startOnTailnet(bed, "on-its-own");
    await bed.api.putShare("name:on-its-own");
    await machineUp(bed, "name:on-its-own");
    await reaches(bed.peer, "http://on-its-own", `hello to ${bed.peer.address}`);
    await bed.api.deleteShare("name:on-its-own");
    await noMachines(bed);
  });
});
