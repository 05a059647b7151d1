import { beforeAll, describe, expect, it } from "vitest";
import type { FaultyEngine } from "../../src/engine/faulty-engine.ts";
import type { Panel } from "../fixtures/browser.ts";
import { startOnTailnet } from "../fixtures/machines.ts";
import { openBedWithFaultyEngine } from "../fixtures/open-bed.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";
import { takeTunAway } from "../fixtures/without-tun.ts";
import { looksRight } from "./panel-look.ts";

const SHARES = "/var/lib/tailnet-share/shares.json";
/** Writes as another copy of the extension does: a new file, renamed into place. */
const WRITE_AS_ANOTHER = `
const fs = require("node:fs"), path = "${SHARES}";
fs.writeFileSync(path + ".foreign", fs.readFileSync(path, "utf8") + "\\n");
fs.renameSync(path + ".foreign", path);`;
/** Kills tailscaled and stops the next one before it answers anything. */
const STOP_THE_NEXT = `
const fs = require("node:fs");
const isTailscaled = (pid) => { try { return fs.readFileSync("/proc/" + pid + "/comm", "utf8") === "tailscaled\\n"; } catch { return false; } };
const all = () => fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name) && isTailscaled(name)).map(Number);
const before = all();
for (const pid of before) process.kill(pid, "SIGKILL");
for (let next; next === undefined; ) {
  next = all().find((pid) => !before.includes(pid));
  if (next !== undefined) process.kill(next, "SIGSTOP");
}`;

describe("two panels, a light and a dark one, while something is broken", () => {
  let engineSocket: FaultyEngine;
  let light: Panel;
  let dark: Panel;
  const on = openPanelBed({
    panels: "none",
    async bed() {
      const opened = await openBedWithFaultyEngine();
      engineSocket = opened.engineSocket;
      return opened.bed;
    },
    async prepare({ api, samples, tailnet }) {
      await api.patchSettings({ controlUrl: tailnet.control.url });
      await samples.start({ name: "e2e-here", http: 8080 });
    },
  });
  beforeAll(async () => {
    [light, dark] = [await on.open({ theme: "light" }), await on.open({ theme: "dark" })];
  });

  /** Waits until both panels show the words. */
  async function bothSay(...words: readonly (string | RegExp)[]): Promise<void> {
    for (const panel of [light, dark])
      for (const each of words) await panel.page.getByText(each).first().waitFor({ timeout: 60_000 });
  }
  async function bothLookRight(): Promise<void> {
    for (const panel of [light, dark]) await looksRight(panel.page);
  }
  /** Waits until neither panel shows the words any more. */
  async function saidNoMore(...words: readonly string[]): Promise<void> {
    for (const panel of [light, dark])
      for (const each of words)
        await panel.page.getByText(each).first().waitFor({ state: "hidden", timeout: 60_000 });
  }
  const allIsWell = async (): Promise<void> => {
    await bothSay(/^Connected · docker · /);
    for (const panel of [light, dark])
      expect(await panel.row("e2e-here").address()).toBe("http://docker.tail.test:8080");
    await reaches(on.bed.peer, "http://docker.tail.test:8080", "e2e-here says hello", 60_000);
  };

  it("say that the control server does not answer a login, and show the link once it does", async () => {
    const { control } = on.bed.tailnet;
    await control.stop();
    await light.button("Log in").click();
    await bothSay(/^Can't reach the control server .*\.$/, /^Check the address and/, "CONTROL_UNREACHABLE");
    await bothLookRight();
    await control.start();
    const link = light.page.getByRole("link", { name: /\/register\// });
    await link.waitFor({ timeout: 90_000 });
    await saidNoMore("CONTROL_UNREACHABLE");
    await control.finishLogin((await link.getAttribute("href")) ?? "");
    await bothSay(/^Connected ·/);
    await light.row("e2e-here").toggle.click();
    await allIsWell();
  });

  it("say while paused that nothing is reachable until somebody resumes", async () => {
    await light.menu("Pause sharing");
    await bothSay(/^Paused · docker · /, /^Sharing is paused\. Resume to make/);
    await dark.row("e2e-here").says("Resumes when this node reconnects");
    expect((await on.bed.peer.fetch("http://docker.tail.test:8080", { timeoutMs: 2_000 })).ok).toBe(false);
    await bothLookRight();
    await dark.button("Resume").click();
    await allIsWell();
  });

  it("say that the engine is gone; shares stay reachable, and a click takes effect when it is back", async () => {
    await on.bed.samples.start({ name: "e2e-later", http: 8081 });
    await dark.row("e2e-later").says("Not shared");
    engineSocket.set({ kind: "refuse" });
    await bothSay("Can't reach Docker Engine.", /^Start Docker\./, "ENGINE_UNREACHABLE");
    await reaches(on.bed.peer, "http://docker.tail.test:8080", "e2e-here says hello");
    await bothLookRight();
    await dark.row("e2e-later").toggle.click();
    await expect.poll(async () => await light.row("e2e-later").toggle.isChecked()).toBe(true);
    engineSocket.set({ kind: "pass" });
    await saidNoMore("ENGINE_UNREACHABLE");
    expect(await light.row("e2e-later").address()).toBe("http://docker.tail.test:8081");
    await reaches(on.bed.peer, "http://docker.tail.test:8081", "e2e-later says hello");
    await allIsWell();
  });

  const inBackend = async (program: string): Promise<void> =>
    expect(await on.bed.desktop.backend.exec(["/usr/local/bin/node", "-e", program])).toMatchObject({
      code: 0,
    });
  async function signalTailscaled(signal: NodeJS.Signals): Promise<void> {
    for (const pid of await on.bed.desktop.backend.pidsOf("tailscaled")) process.kill(pid, signal);
  }

  it("say that tailscaled hangs, with the log's last lines, and continue when it does", async () => {
    await signalTailscaled("SIGSTOP");
    try {
      await bothSay("Tailscale isn't running", "TAILSCALED_DOWN");
      await dark.button("Details").click();
      await dark.page.getByRole("region", { name: "Tailscale" }).waitFor();
      await bothLookRight();
    } finally {
      await signalTailscaled("SIGCONT");
    }
    await saidNoMore("TAILSCALED_DOWN");
    await allIsWell();
  });

  it("say 'Starting…' when tailscaled does not start, and after ten seconds what is wrong, with the last lines", async () => {
    await inBackend(STOP_THE_NEXT);
    try {
      await bothSay("Starting…", /^Waiting for /);
      await bothSay("TAILSCALED_DOWN");
      for (const panel of [light, dark]) {
        await panel.button("Details").click();
        await panel.page
          .getByRole("region", { name: "Backend" })
          .getByText(/tailscaled ended unexpectedly/)
          .waitFor();
      }
      await bothLookRight();
    } finally {
      await signalTailscaled("SIGCONT");
    }
    await allIsWell();
  });

  it("switch back with the reason when the store cannot be written, and shares stay", async () => {
    await inBackend(WRITE_AS_ANOTHER);
    for (const panel of [light, dark]) {
      await panel.row("e2e-later").toggle.click();
      const notice = panel.page.getByRole("alert").filter({ hasText: "Couldn't stop sharing e2e-later." });
      await notice.getByText(/another copy of Tailnet Share/).waitFor();
      expect(await panel.row("e2e-later").toggle.isChecked()).toBe(true);
      await looksRight(panel.page);
      await notice.getByRole("button").click();
    }
    await reaches(on.bed.peer, "http://docker.tail.test:8081", "e2e-later says hello");
    await on.bed.desktop.backend.restart();
    await allIsWell();
  });

  it("say while the backend is away that an open panel may be out of date, and in a new one that nothing runs", async () => {
    await on.bed.desktop.backend.stop();
    await bothSay("Reconnecting… This page may be out of date.", "BACKEND_UNREACHABLE");
    await bothLookRight();
    const opened = await Promise.all(
      (["light", "dark"] as const).map(async (theme) => await on.open({ theme })),
    );
    for (const { page } of opened) {
      await page.getByRole("heading", { name: "Tailnet Share is not running" }).waitFor();
      await page.getByText("Your shares are saved. Reconnecting…").waitFor();
      await looksRight(page);
    }
    await on.bed.desktop.backend.start();
    for (const panel of opened) {
      await panel.says(/^Connected · docker · /);
      await panel.close();
    }
    await saidNoMore("Reconnecting… This page may be out of date.");
    await allIsWell();
  });

  it("name the damaged file with the shares, and keep the shares", async () => {
    const { backend } = on.bed.desktop;
    const script = `const fs = require("fs"); const whole = fs.readFileSync("${SHARES}"); fs.writeFileSync("${SHARES}", whole.subarray(0, whole.length / 2));`;
    expect((await backend.exec(["/usr/local/bin/node", "-e", script])).code).toBe(0);
    await backend.restart();
    await bothSay("STORE_DAMAGED", /moved to shares\..*; the copy from 20.* is in use/);
    await allIsWell();
    await bothLookRight();
    // Shown until something is stored and the backend has restarted.
    await light.row("e2e-later").toggle.click();
    await dark.row("e2e-later").says("Not shared");
    await backend.restart();
    await saidNoMore("STORE_DAMAGED");
    await allIsWell();
  });

  it("say that the control server is down; shares stay reachable, and it recovers", async () => {
    const { control } = on.bed.tailnet;
    // The bed's relay runs in the control server, so only devices with a direct connection can do without it.
    const ping = ["tailscale", "ping", "--until-direct", "-c", "30", "docker.tail.test"];
    const direct = await on.bed.peer.exec(ping, { timeoutMs: 40_000 });
    expect(direct.code, direct.stdout).toBe(0);
    await control.stop();
    await bothSay(
      /^Can't reach the control server\. Devices that know this node still reach/,
      "CONTROL_UNREACHABLE",
    );
    await bothLookRight();
    await reaches(on.bed.peer, "http://docker.tail.test:8080", "e2e-here says hello");
    await control.start();
    await saidNoMore("CONTROL_UNREACHABLE");
    await allIsWell();
  });

  it("say in the row that a machine waits for approval, with the link", async () => {
    await startOnTailnet(on.bed, "e2e-waits");
    await on.bed.api.putShare("name:e2e-waits", { mode: "machine" });
    for (const panel of [light, dark]) {
      await panel.row("e2e-waits").says("Needs approval");
      await panel.row("e2e-waits").at.getByRole("link", { name: "Approve e2e-waits" }).waitFor();
    }
    await bothLookRight();
    await on.bed.api.deleteShare("name:e2e-waits");
    await dark.row("e2e-waits").says("Not shared");
  });

  it("say that the node's key has expired; the switches stay, and one login brings everything back", async () => {
    const { control } = on.bed.tailnet;
    const node = (await control.listNodes()).find(({ given_name }) => given_name === "docker");
    await control.expireNode(node?.id ?? -1);
    await bothSay("Node key expired", /^This node's key expired or was revoked\./);
    expect(await dark.row("e2e-here").toggle.isChecked()).toBe(true);
    await bothLookRight();
    await dark.button("Reauthenticate").click();
    const link = light.page.getByRole("link", { name: /\/register\// });
    await link.waitFor();
    await bothLookRight();
    await control.finishLogin((await link.getAttribute("href")) ?? "");
    await allIsWell();
  });

  it("say what a missing TUN costs, and TCP is shared without it", async () => {
    await takeTunAway(on.bed);
    await bothSay("NO_TUN", /TCP only/);
    await allIsWell();
    await bothLookRight();
    await light.row("e2e-here").toggle.click();
    await dark.row("e2e-here").says("Not shared");
    expect((await on.bed.peer.fetch("http://docker.tail.test:8080", { timeoutMs: 3_000 })).ok).toBe(false);
    for (const { complaints } of [light, dark]) expect(complaints).toEqual([]);
  });
});
