import { describe, expect, it } from "vitest";
import { COMPOSE_GENERATIONS } from "../../../src/engine/compose.ts";
import { openDocumentedRun } from "../../fixtures/documented-run.ts";
import { logInByPanel } from "../../fixtures/log-in.ts";
import { machinesByKey, machineUp, noMachines, startOnTailnet } from "../../fixtures/machines.ts";
import { worksOnNode } from "../../fixtures/node-share.ts";
import { openEngineBed } from "../../fixtures/open-bed.ts";
import { openPanelBed } from "../../fixtures/open-panel-bed.ts";
import { liveAddress, reaches, refused } from "../../fixtures/visits.ts";

/** By the compose file for an engine without a desktop. The engine's socket is in the folder of the user who runs it. */
describe("on a rootless engine", () => {
  const on = openPanelBed({
    panels: "none",
    bed: openEngineBed,
    prepare: async ({ samples }) => void (await samples.start({ name: "e2e-web", http: 8080 })),
  });

  it("logs in and shares by a click in a browser, keeps the share over a restart, and ends it by a click", async () => {
    const { bed } = on;
    const panel = await on.open();
    await logInByPanel(panel, bed.tailnet.control);
    const row = panel.row("e2e-web");
    await row.says("Not shared");
    await row.toggle.click();
    const address = await row.address();
    await reaches(bed.peer, address, "e2e-web says hello");
    await bed.desktop.backend.restart();
    await panel.close();
    const again = await on.open();
    await again.row("e2e-web").says("Shared");
    await reaches(bed.peer, address, "e2e-web says hello");
    await again.row("e2e-web").toggle.click();
    await again.row("e2e-web").says("Not shared");
    await refused(bed.peer, address);
    await again.close();
  });

  it("carries TCP and UDP by the kernel's rules, passes a check, and refuses after the share is switched off", async () => {
    await worksOnNode(on.bed, "rootless");
  });

  it("says where this engine's socket is, to somebody who has started it without DOCKER_SOCKET", async () => {
    const run = await openDocumentedRun(on.bed.engine);
    const documented = "-v /var/run/docker.sock:/var/run/docker.sock";
    // The engine makes a folder for a source that is not there, as it does for the path of root's engine on a computer without one.
    const { api } = await run.start({ without: [documented], with: ["-v STATE:/var/run/docker.sock"] });
    const { message, hint } = await api.waitFor("the engine's fault", ({ engine }) =>
      engine.state === "unreachable" ? engine.fault : null,
    );
    expect(message).toContain("has the wrong source");
    expect(hint).toMatch(/With rootless Docker.* DOCKER_SOCKET=\/run\/user\/\d+\/docker\.sock/);
    await run.close();
  });

  it.each(COMPOSE_GENERATIONS)("leaves no trace in compose down of generation %i", async (generation) => {
    const { bed } = on;
    const name = `rootless${generation}${bed.id}`;
    const web = { environment: { HTTP_PORT: "80", NAME: "web" }, expose: ["80"] };
    const project = await bed.samples.project(name, { web }, {}, { generation });
    await project.up();
    const workload = `compose:${name}/web/1`;
    await bed.api.waitFor("the service with its ports", ({ workloads }) =>
      workloads.some(({ id, ports }) => id === workload && ports.length > 0),
    );
    const address = await liveAddress(bed, workload, await bed.api.putShare(workload));
    await reaches(bed.peer, address, "web says hello");
    const { code, stderr } = await project.tryCompose(["down", "-t", "1"]);
    expect({ code, warned: /in use|active endpoints/.test(stderr) }).toEqual({ code: 0, warned: false });
    expect(await bed.engine.docker(["network", "ls", "-q", "--filter", `name=${name}_`])).toBe("");
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
