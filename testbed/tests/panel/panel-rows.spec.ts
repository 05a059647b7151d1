import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { gate } from "../../src/lib/gate.ts";
import type { Theme } from "../fixtures/browser.ts";
import { composeLabels } from "../fixtures/compose-labels.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches, refused } from "../fixtures/visits.ts";
import { imageNames } from "./image-names.ts";
import { movements, watchMovements } from "./panel-look.ts";

const IMAGE = "registry.example.com/e2e-special:7";
const PROJECT = "e2e-rows";
const NETWORK = "e2e-rows-net";
const NODE = "http://docker.tail.test";
const idOf = (service: string) => `compose:${PROJECT}/${service}/1`;

describe("the list of the panel", () => {
  const images = imageNames([IMAGE]);
  const on = openPanelBed({
    loggedIn: true,
    panels: "one each",
    async prepare(bed) {
      await images.give(bed);
      for (const [service, http] of [["api", 3000] as const, ["web", 8080] as const])
        await bed.samples.start({
          name: `${PROJECT}-${service}`,
          http,
          labels: composeLabels(PROJECT, service),
        });
      await bed.samples.start({
        name: `${PROJECT}-web-2`,
        http: 8080,
        labels: { ...composeLabels(PROJECT, "web"), "com.docker.compose.container-number": "2" },
      });
      await bed.samples.start({ name: "e2e-db", tcp: 5432 });
      await bed.samples.createNetwork(NETWORK);
      await bed.samples.start({ name: "e2e-cut", http: 7000, networks: [NETWORK] });
      await images.samples(bed, IMAGE).start({ name: "e2e-plain", http: 9999 });
    },
  });

  const searchField = ({ page } = on.panel) => page.getByRole("searchbox", { name: "Search containers" });
  const shown = async ({ page } = on.panel) =>
    await page.evaluate<string[]>(
      `[...document.querySelectorAll('[role=listitem]:has([aria-label^="Details of"])')].map((row) => row.getAttribute("aria-label"))`,
    );
  const announces = async (words: string) => await on.panel.announces(words);
  const lastAction = ({ page } = on.panel) => page.getByRole("group", { name: "Last action" });
  const heading = async (words: string) =>
    await on.panel.page.getByRole("listitem", { name: `${PROJECT}, ${words}`, exact: true }).waitFor();
  const stopAll = async () => void (await on.bed.api.deleteShares());

  it("is searched by name, image, project, and by the container's port and the node's, and shows the number of results", async () => {
    await on.bed.api.putShare("name:e2e-plain", {
      ports: [{ port: 9999, protocol: "tcp", nodePort: 9777 }],
    });
    const both = [`${PROJECT}/web`, `${PROJECT}/web #2`];
    for (const [words, names] of [
      ["e2e-plain", ["e2e-plain"]],
      ["E2E-SPECIAL:7", ["e2e-plain"]],
      [`${PROJECT}/web`, both],
      [`${PROJECT} #2`, [`${PROJECT}/web #2`]],
      [PROJECT, [`${PROJECT}/api`, ...both]],
      ["e2e 5432", ["e2e-db"]],
      ["e2e 9999", ["e2e-plain"]],
      ["e2e :9777", ["e2e-plain"]],
    ] as const) {
      await searchField().fill(words);
      await expect.poll(async () => await shown(), { message: words, timeout: 15_000 }).toEqual(names);
      await announces(`${names.length} container${names.length === 1 ? "" : "s"} found`);
    }
    await stopAll();
  });

  it("says that a remembered search hides every row, and clears it", async () => {
    await searchField().fill("e2e-nowhere");
    await on.panel.page.getByRole("checkbox", { name: "Group by project" }).uncheck();
    await on.panel.page.reload();
    await on.panel.page.getByText("No containers match 'e2e-nowhere'.").waitFor();
    await on.panel.button("Clear search").click();
    await on.panel.row("e2e-db").says("Not shared");
    expect(await searchField().inputValue()).toBe("");
    expect(await on.panel.page.getByRole("checkbox", { name: "Group by project" }).isChecked()).toBe(false);
  });

  it("removes a row that is unshared elsewhere under 'Shared only', which is remembered with the search", async () => {
    for (const name of ["e2e-plain", "e2e-db"]) await on.bed.api.putShare(`name:${name}`);
    await on.panel.page.getByRole("checkbox", { name: "Shared only" }).check();
    await searchField().fill("e2e");
    await expect.poll(async () => await shown(), { timeout: 15_000 }).toEqual(["e2e-db", "e2e-plain"]);
    await on.panel.page.reload();
    await expect.poll(async () => await shown(), { timeout: 15_000 }).toEqual(["e2e-db", "e2e-plain"]);
    expect(await on.panel.page.getByRole("checkbox", { name: "Shared only" }).isChecked()).toBe(true);
    expect(await searchField().inputValue()).toBe("e2e");
    await on.bed.api.deleteShare("name:e2e-db");
    await expect.poll(async () => await shown(), { timeout: 15_000 }).toEqual(["e2e-plain"]);
    await announces("e2e-db is no longer shared.");
    await stopAll();
  });

  it("shares a whole project while a search shows one row of it, and says when only some of it is shared", async () => {
    await searchField().fill("#2");
    const project = on.panel.page.getByRole("switch", { name: `Share all of project ${PROJECT}` });
    const described = async (words: string) =>
      await expect
        .poll(async () => await project.getAttribute("aria-description"), { timeout: 15_000 })
        .toBe(words);
    await described(`Shares 3 containers of ${PROJECT}.`);
    await project.click();
    await heading("3 of 3 shared · 1 shown");
    await reaches(on.bed.peer, `${NODE}:3000`, `${PROJECT}-api says hello`);
    await on.bed.api.deleteShare(idOf("api"));
    await described("2 of 3 shared. Turn on to share 1 more.");
    const answers = await on.panel.holdAnswers("PUT");
    await project.click();
    await described(`Stops sharing 3 containers of ${PROJECT}.`);
    expect(await project.isChecked()).toBe(true);
    answers.release();
    await reaches(on.bed.peer, `${NODE}:3000`, `${PROJECT}-api says hello`);
    await project.click();
    await heading("3 · 1 shown");
    for (const port of [3000, 8080, 8081]) await refused(on.bed.peer, `${NODE}:${port}`);
  });

  it("undoes two switches together, at the same addresses, even after a copy in between, for 8 s of the page's time", async () => {
    for (const service of ["api", "web"]) await on.bed.api.putShare(idOf(service));
    const panel = await on.open({ prepare: async (page) => await page.clock.install() });
    const rows = ["api", "web"].map((service) => panel.row(`${PROJECT}/${service}`));
    const addresses = [await rows[0]?.address(), await rows[1]?.address()];
    const switchBothOff = async () => {
      await rows[0]?.toggle.click();
      await lastAction(panel).getByText("Stopped sharing api").waitFor();
      await panel.button("Copy this node's name").click();
      await panel.page
        .getByText(/^(Copied|Couldn't copy)/)
        .first()
        .waitFor();
      await rows[1]?.toggle.click();
      await lastAction(panel).getByText("Stopped sharing 2 containers").waitFor();
      for (const address of addresses) await refused(on.bed.peer, address ?? "");
    };
    await switchBothOff();
    await panel.button("Undo").click();
    expect([await rows[0]?.address(), await rows[1]?.address()]).toEqual(addresses);
    await reaches(on.bed.peer, addresses[0] ?? "", `${PROJECT}-api says hello`);
    await reaches(on.bed.peer, addresses[1] ?? "", `${PROJECT}-web says hello`);

    await switchBothOff();
    await panel.page.mouse.move(0, 0);
    await panel.page.clock.runFor(8_000);
    await lastAction(panel).waitFor({ state: "hidden" });
    for (const address of addresses) await refused(on.bed.peer, address ?? "");
    expect(panel.complaints).toEqual([]);
    await panel.close();
  });

  it("undoes 'Forget': the share waits for its container again, and comes back at its address", async () => {
    const start = async () => await on.bed.samples.start({ name: "e2e-forgotten", http: 8082 });
    await start();
    await on.bed.api.putShare("name:e2e-forgotten", {
      ports: [{ port: 8082, protocol: "tcp", nodePort: 8182 }],
    });
    const row = on.panel.row("e2e-forgotten");
    expect(await row.address()).toBe(`${NODE}:8182`);
    await on.bed.samples.remove("e2e-forgotten");
    await row.says("Resumes when the container is re-created");
    await on.panel.button("More for e2e-forgotten").click();
    await on.panel.page.getByRole("menuitem", { name: "Remove share" }).click();
    await lastAction().getByText("Removed the share of e2e-forgotten").waitFor();
    await row.at.waitFor({ state: "hidden" });
    await on.panel.button("Undo").click();
    await row.says("Resumes when the container is re-created");
    await start();
    expect(await row.address()).toBe(`${NODE}:8182`);
    await reaches(on.bed.peer, `${NODE}:8182`, "e2e-forgotten says hello");
    await stopAll();
  });

  it("asks the host to show a container and its logs, by the full ID, and says when it no longer exists", async () => {
    const { id } = await on.bed.samples.start({ name: "e2e-seen", http: 6002 });
    const pick = async (item: string) => {
      await on.panel.button("More for e2e-seen").click();
      await on.panel.page.getByRole("menuitem", { name: item }).click();
    };
    await pick("View container");
    await pick("View logs");
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await on.panel.page.evaluate("window.__navigated")).toEqual([
      { intent: "viewContainer", id },
      { intent: "viewContainerLogs", id },
    ]);
    await on.panel.page.evaluate(
      "ddClient.desktopUI.navigate.viewContainer = () => Promise.reject(new Error('no such container'))",
    );
    await pick("View container");
    await on.panel.page
      .getByRole("alert")
      .getByText("Docker Desktop couldn't show the container. It may have been removed.")
      .waitFor();
    await on.bed.samples.remove("e2e-seen");
    await on.panel.row("e2e-seen").at.waitFor({ state: "hidden" });
  });

  it("warns about sharing a database before and during the share, and shares it", async () => {
    const row = on.panel.row("e2e-db");
    const warning = row.at.getByText(/^▲Port 5432: PostgreSQL database/);
    await warning.waitFor();
    await row.toggle.click();
    await row.says("Shared");
    await row.at.getByText("postgresql://docker.tail.test:5432").waitFor();
    await warning.waitFor();
    await stopAll();
  });

  it.each([1040, 720])("at %i px keeps its rows in place, whatever happens elsewhere", async (width) => {
    const panel = await on.open({ width, height: 900, prepare: watchMovements });
    await panel.row("e2e-db").says("Not shared");
    const still = async (what: string) => {
      const { rows, score } = await movements(panel.page);
      expect(rows, what).toEqual([]);
      expect(score, what).toBeLessThanOrEqual(0.02);
    };
    await movements(panel.page);
    for (const name of ["e2e-plain", "e2e-db"]) {
      await on.bed.api.putShare(`name:${name}`, {
        until: new Date(Date.now() + 26 * 60 * 60 * 1_000).toISOString(),
      });
      await panel.row(name).says("Shared");
    }
    await still("shared");
    await on.bed.api.putShare("name:e2e-cut");
    await panel.row("e2e-cut").says("Shared");
    await on.bed.engine.docker(["network", "disconnect", NETWORK, "e2e-cut"]);
    await panel.row("e2e-cut").says("Not reachable");
    await still("failed");
    await on.bed.engine.docker(["network", "connect", NETWORK, "e2e-cut"]);
    await stopAll();
    for (const name of ["e2e-plain", "e2e-db", "e2e-cut"]) await panel.row(name).says("Not shared");
    await still("no longer shared");
    await on.bed.api.patchNode({ connected: false });
    await panel.page.getByText(/^Sharing is paused\./).waitFor();
    await still("paused");
    await on.bed.api.patchNode({ connected: true });
    await panel.says(/^Connected ·/);
    await still("resumed");
    await on.bed.desktop.backend.stop();
    await panel.page.getByText("Reconnecting… This page may be out of date.").waitFor();
    await still("the backend is lost");
    await on.bed.desktop.backend.start();
    await panel.page
      .getByText("Reconnecting… This page may be out of date.")
      .waitFor({ state: "hidden", timeout: 60_000 });
    await panel.says(/^Connected ·/);
    await panel.close();
  });

  it.each<Theme>(["light", "dark"])(
    "has its layout before its scripts and the backend have loaded (%s)",
    async (theme) => {
      const [scripts, backend] = [gate(), gate()];
      let give: (page: Page) => void = () => {};
      const given = new Promise<Page>((resolve) => {
        give = resolve;
      });
      const opening = on.open({
        theme,
        async prepare(page) {
          for (const [what, { opened }] of [
            ["assets/*.js", scripts] as const,
            ["__dd/request", backend] as const,
          ])
            await page.route(`**/${what}`, async (route) => {
              await opened;
              await route.fallback();
            });
          give(page);
        },
      });
      try {
        const page = await given;
        await page.getByText("Starting…").waitFor();
        const colourOf = async (selector: string): Promise<unknown> =>
          await page.evaluate(`getComputedStyle(document.querySelector('${selector}')).backgroundColor`);
        const colour = await colourOf(".skeleton");
        scripts.open();
        await page.getByTestId("skeleton").waitFor();
        expect(await colourOf("body")).toBe(colour);
        await (await opening).says("Starting…");
        backend.open();
        await (await opening).row("e2e-db").says("Not shared");
      } finally {
        scripts.open();
        backend.open();
        await (await opening).close();
      }
    },
  );

  it("calls the backend while most of its code is still loading, and only once", async () => {
    const [code, called] = [gate(), gate()];
    const opening = on.open({
      async prepare(page) {
        await page.route("**/assets/start-*.js", async (route) => {
          await code.opened;
          await route.fallback();
        });
        await page.route("**/__dd/request", async (route) => {
          called.open();
          await route.fallback();
        });
      },
    });
    await called.opened;
    code.open();
    const panel = await opening;
    await panel.row("e2e-db").says("Not shared");
    expect(panel.asked.filter((call) => call === "GET /snapshot")).toHaveLength(1);
    await panel.close();
  });
});
