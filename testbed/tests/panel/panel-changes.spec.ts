import { describe, expect, it } from "vitest";
import { composeLabels } from "../fixtures/compose-labels.ts";
import { startOnTailnet } from "../fixtures/machines.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { keepVisiting, reaches, refused, type Visits } from "../fixtures/visits.ts";

/** In a volume that the backend has anyway. */
const CLOCK_AHEAD = "/run/guest-services/clock-ahead";
const MINUTE_MS = 60_000;
const PROJECT = "e2e-shop";
const NODE = "http://docker.tail.test";
const ANNA = "http://anna.tail.test:3000";
const CLIENTS = 8;

const ANSWERED = 0;
const REFUSED = 7;

/** The outcomes of all clients' visits, each once. */
function endings(visits: Visits): readonly number[] {
  expect(visits.size).toBe(CLIENTS);
  return [...new Set([...visits.values()].flat())];
}

describe("changes in the panel, as another device sees them", () => {
  const on = openPanelBed({
    loggedIn: true,
    panels: "one",
    panel: { height: 1_000 },
    bed: async () => await openBed({ env: { TAILNET_SHARE_CLOCK_AHEAD: CLOCK_AHEAD } }),
    async prepare({ samples }) {
      for (const [service, http] of [["api", 3000] as const, ["web", 8080] as const])
        await samples.start({
          name: `${PROJECT}-${service}`,
          http,
          labels: composeLabels(PROJECT, service),
        });
      // The worker's port is unknown, so the project's switch skips it.
      await samples.start({
        name: `${PROJECT}-worker`,
        http: 4000,
        expose: [],
        labels: composeLabels(PROJECT, "worker"),
      });
    },
  });

  const project = () => on.panel.page.getByRole("switch", { name: `Share all of project ${PROJECT}` });
  const heading = async (words: string) =>
    await on.panel.page.getByRole("listitem", { name: `${PROJECT}, ${words}`, exact: true }).waitFor();
  const lastAction = () => on.panel.page.getByRole("group", { name: "Last action" });
  const bothReached = async () => {
    await reaches(on.bed.peer, `${NODE}:3000`, `${PROJECT}-api says hello`);
    await reaches(on.bed.peer, `${NODE}:8080`, `${PROJECT}-web says hello`);
  };
  const bothRefused = async () => {
    for (const port of [3000, 8080]) await refused(on.bed.peer, `${NODE}:${port}`);
  };

  /** Advances the backend's wall clock; 0 resets it. */
  const ahead = async (ms: number) => {
    const script = `require("fs").writeFileSync("${CLOCK_AHEAD}", "${ms}")`;
    const { code } = await on.bed.desktop.backend.exec(["/usr/local/bin/node", "-e", script]);
    expect(code).toBe(0);
  };
  const isShared = async (name: string) => {
    const { toggle } = on.panel.row(name);
    if (!(await toggle.isChecked())) await toggle.click();
    await on.panel.row(name).says("Shared");
  };
  /**
   * Checks that `PROJECT`'s web service is shared with the clock `still` ahead, for the panel and the peer, and no longer with it `over`
   * ahead.
   */
  const endsBetween = async (still: number, ended: number) => {
    const row = on.panel.row(`${PROJECT}/web`);
    await ahead(still);
    // A check starts by observing everything, at that time of day.
    await on.panel.button(`Test connection: ${PROJECT}/web`).click();
    await row.drawer.getByText("All tests passed.").waitFor();
    await row.says("Shared");
    await reaches(on.bed.peer, `${NODE}:8080`, `${PROJECT}-web says hello`);
    await ahead(ended);
    await row.says("Not shared");
    await refused(on.bed.peer, `${NODE}:8080`);
    await on.panel.row(`${PROJECT}/api`).says("Shared");
    await reaches(on.bed.peer, `${NODE}:3000`, `${PROJECT}-api says hello`);
    await ahead(0);
  };

  it("a project's switch shares everything in it that one click can share", async () => {
    await heading("3");
    await project().click();
    await heading("2 of 3 shared");
    expect(await on.panel.row(`${PROJECT}/api`).address()).toBe(`${NODE}:3000`);
    expect(await on.panel.row(`${PROJECT}/web`).address()).toBe(`${NODE}:8080`);
    await on.panel.row(`${PROJECT}/worker`).says("Not shared");
    await bothReached();
  });

  it("a project's switch stops sharing all of it, and one 'Undo' restores it at the same addresses", async () => {
    expect(await project().isChecked()).toBe(true);
    await project().click();
    await lastAction().getByText(`Stopped sharing ${PROJECT}`).waitFor();
    await heading("3");
    await bothRefused();
    await on.panel.button("Undo").click();
    await heading("2 of 3 shared");
    expect(await on.panel.row(`${PROJECT}/api`).address()).toBe(`${NODE}:3000`);
    expect(await on.panel.row(`${PROJECT}/web`).address()).toBe(`${NODE}:8080`);
    await bothReached();
  });

  it.each([
    ["an hour", "In 1 hour", 60],
    ["eight hours", "In 8 hours", 8 * 60],
  ])("a share that ends after %s is reachable until then, and no longer", async (_time, button, minutes) => {
    const row = on.panel.row(`${PROJECT}/web`);
    await ahead(0);
    await isShared(`${PROJECT}/web`);
    await row.details();
    await row.drawer.getByRole("button", { name: button }).click();
    await row.drawer
      .getByText(/^Stops (tomorrow )?at \d\d:\d\d$/)
      .first()
      .waitFor();
    await endsBetween(minutes * MINUTE_MS - MINUTE_MS, minutes * MINUTE_MS + MINUTE_MS);
  });

  it("a share that ends at a typed date and time is reachable until then, and no longer", async () => {
    const row = on.panel.row(`${PROJECT}/web`);
    await ahead(0);
    await isShared(`${PROJECT}/web`);
    await row.details();
    await row.drawer.getByRole("button", { name: "Custom…" }).click();
    const field = on.panel.page.getByLabel(`Stop sharing ${PROJECT}/web at`);
    // In three days at half past ten, as a user types it by the browser's clock.
    const [typed = "", words = "", end = 0] = await on.panel.page.evaluate<[string, string, number]>(`(() => {
      const end = new Date();
      end.setDate(end.getDate() + 3);
      end.setHours(10, 30, 0, 0);
      const two = (value) => String(value).padStart(2, "0");
      const month = end.toLocaleString("en-GB", { month: "short" });
      return [
        [end.getFullYear(), two(end.getMonth() + 1), two(end.getDate())].join("-") + "T10:30",
        \`Stops on \${end.getDate()} \${month}\`,
        end.getTime(),
      ];
    })()`);
    await field.fill(typed);
    await on.panel.button(`Set the end of ${PROJECT}/web`).click();
    await row.drawer
      .getByText(new RegExp(`^${words}.* at 10:30$`))
      .first()
      .waitFor();
    const remainingMs = end - Date.now();
    await endsBetween(remainingMs - MINUTE_MS, remainingMs + MINUTE_MS);
  });

  it("after the node is renamed, the addresses change at once, and the old name is free", async () => {
    await on.panel.menu("Settings");
    const settings = on.panel.page.getByRole("dialog", { name: "Settings" });
    await settings.getByRole("textbox", { name: "Machine name" }).fill("anna");
    await settings.getByRole("button", { name: "Save machine name" }).click();
    await settings.getByText("Saved").waitFor();
    await on.panel.page.keyboard.press("Escape");
    await on.panel.says(/^Connected · anna · /);
    await expect.poll(async () => await on.panel.row(`${PROJECT}/api`).address()).toBe(ANNA);
    await reaches(on.bed.peer, ANNA, `${PROJECT}-api says hello`);
    expect(await on.bed.peer.fetch(`${NODE}:3000`)).toMatchObject({ ok: false, reason: "unknown-name" });
  });

  it("a container under constant visits becomes a machine and returns to the node, and is reached at the shown address", async () => {
    const [onNode, asMachine] = ["http://anna.tail.test", "http://e2e-busy.tail.test"];
    const authKey = await on.bed.tailnet.control.createAuthKey();
    await on.bed.api.patchSettings({ machineCredential: { kind: "auth-key", authKey }, oneClick: "node" });
    await startOnTailnet(on.bed, "e2e-busy", { expose: ["80"] });
    const row = on.panel.row("e2e-busy");
    await row.toggle.click();
    expect(await row.address()).toBe(onNode);
    await reaches(on.bed.peer, onNode, "e2e-busy says hello");

    const atNode = keepVisiting(on.bed.peer, onNode, CLIENTS);
    await atNode.allAnswered();
    await row.details();
    await row.drawer.getByRole("radio", { name: "Own machine" }).click();
    await expect.poll(async () => await row.address(), { timeout: 60_000 }).toBe(asMachine);
    await atNode.fromNow();
    await reaches(on.bed.peer, asMachine, "e2e-busy says hello");
    await refused(on.bed.peer, onNode);
    expect(endings(await atNode.stop())).toEqual([REFUSED]);

    const atMachine = keepVisiting(on.bed.peer, asMachine, CLIENTS);
    await atMachine.allAnswered();
    await row.drawer.getByRole("radio", { name: "On this node" }).click();
    await expect.poll(async () => await row.address(), { timeout: 60_000 }).toBe(onNode);
    await atMachine.fromNow();
    await reaches(on.bed.peer, onNode, "e2e-busy says hello");
    expect(await on.bed.peer.fetch(asMachine, { timeoutMs: 2_000 })).toMatchObject({ ok: false });
    expect(endings(await atMachine.stop())).not.toContain(ANSWERED);
  });
});
