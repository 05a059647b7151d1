import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { describe, expect, it } from "vitest";
import { waitFor } from "../../src/lib/wait-for.ts";
import {
  devicesOf,
  machineContainers,
  machineDirectories,
  machinesByKey,
  machineUp,
  noMachineState,
  noMachines,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";

const NAMES = ["left-one", "left-two", "left-three"];
const PASSPHRASE = "correct horse battery staple";
/** A logout waits ten seconds for a control server that's gone. Milliseconds. */
const GIVES_UP_MS = 45_000;

const leftIn = ({ alerts }: Snapshot) =>
  alerts.flatMap(({ code, machines = [] }) => (code === "MACHINE_NOT_REMOVED" ? machines : []));

describe("machines that can't be removed because the control server is gone", () => {
  const on = openPanelBed({
    loggedIn: true,
    panels: "one",
    async prepare(bed) {
      await machinesByKey(bed);
      for (const name of NAMES) {
        await startOnTailnet(bed, name);
        await bed.api.putShare(`name:${name}`);
      }
      for (const name of NAMES) await machineUp(bed, `name:${name}`);
    },
  });
  let backup: unknown;

  const leftNames = async (count: number) =>
    await on.bed.api.waitFor(
      `${count} machines to be left`,
      (snapshot) => {
        const names = leftIn(snapshot).map(({ name }) => name);
        return names.length === count ? names.toSorted() : null;
      },
      GIVES_UP_MS,
    );

  it("are unreachable, and named in an alert with their control server", async () => {
    const { control } = on.bed.tailnet;
    await control.stop();
    for (const name of NAMES) await on.bed.api.deleteShare(`name:${name}`);
    await noMachines(on.bed);
    expect(await leftNames(3)).toEqual(NAMES.toSorted());
    const unremovable = leftIn(await on.bed.api.snapshot());
    expect(unremovable.map(({ controlUrl }) => controlUrl)).toEqual(NAMES.map(() => control.url));
    backup = await on.bed.api.raw({ method: "POST", url: "/backup", data: { passphrase: PASSPHRASE } });
  });

  it("can be forgotten through the API: the state is removed, even when the backend is killed meanwhile", async () => {
    const first = leftIn(await on.bed.api.snapshot()).find(({ name }) => name === "left-one");
    const { backend } = on.bed.desktop;
    const before = await backend.startCount();
    await on.bed.api.raw({ method: "DELETE", url: `/retirements/${first?.key}` });
    await backend.kill();
    await expect.poll(async () => await backend.startCount(), { timeout: 30_000 }).toBeGreaterThan(before);
    await waitFor(async () => (await machineDirectories(on.bed)).length === 2, {
      what: "the state of the dismissed machine to be gone",
      timeoutMs: 20_000,
    });
    expect(await machineDirectories(on.bed)).not.toContain(first?.key);
    expect(await leftNames(2)).toEqual(["left-three", "left-two"]);
    const list =
      'try{console.log(require("fs").readdirSync("/var/lib/tailnet-share/kept-devices").join("\\n"))}catch{}';
    const { stdout } = await backend.exec(["/usr/local/bin/node", "-e", list]);
    expect(stdout).not.toContain(first?.key);
  });

  it("can be forgotten in the panel, which says what stays behind, and retried on a click", async () => {
    const { page } = on.panel;
    const key = leftIn(await on.bed.api.snapshot()).find(({ name }) => name === "left-three")?.key;
    await page.getByText(/^Still in the tailnet: left-t\w+ and left-t\w+\.$/).waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await on.bed.api.raw({ method: "DELETE", url: `/retirements/${key}` });
    await page.getByText("Still in the tailnet: left-two.").waitFor({ timeout: 15_000 });
    await page.getByRole("button", { name: "Forget…" }).click();
    const dialog = page.getByRole("dialog", { name: "Forget left-two?" });
    await dialog.getByText(/A device named left-two stays in the tailnet's list, offline/).waitFor();
    await dialog.getByText(new URL(on.bed.tailnet.control.url).host, { exact: false }).waitFor();
    await dialog.getByRole("button", { name: "Forget", exact: true }).click();
    await page.getByText(/^Still in the tailnet/).waitFor({ state: "detached", timeout: 15_000 });
    await noMachineState(on.bed);
  });

  it("stay forgotten when the control server is back and an earlier backup is restored, and their devices stay listed", async () => {
    await on.bed.tailnet.control.start();
    await on.bed.api.waitFor(
      "the node",
      ({ node, alerts }) => node.state === "connected" && alerts.length === 0,
      90_000,
    );
    await on.bed.api.raw({ method: "POST", url: "/restore", data: { backup, passphrase: PASSPHRASE } });
    expect(await machineDirectories(on.bed)).toEqual([]);
    expect(leftIn(await on.bed.api.snapshot())).toEqual([]);
    expect(await machineContainers(on.bed)).toEqual([]);
    for (const name of NAMES) expect(await devicesOf(on.bed, name)).toMatchObject([{ online: false }]);
  });

  it("become new devices when their containers are shared again", async () => {
    await on.bed.api.putShare("name:left-one");
    const { dnsName } = await machineUp(on.bed, "name:left-one", 60_000);
    await reaches(on.bed.peer, `http://${dnsName}`, "left-one says hello");
    expect(await devicesOf(on.bed, "left-one")).toHaveLength(2);
  });
});
