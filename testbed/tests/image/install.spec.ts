import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../src/bed.ts";
import type { Desktop } from "../../src/desktop/desktop.ts";
import { readActualState } from "../../torture/actual-state.ts";
import {
  installationOf,
  machineContainers,
  machineUp,
  openMachineBed,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { namespaceOf } from "../fixtures/namespaces.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

const Mounts = z.array(z.object({ Destination: z.string(), Source: z.string() }));
const Stored = z.looseObject({ shares: z.array(z.looseObject({ mode: z.string() })).optional() });

describe("installing, updating and removing the extension", () => {
  let bed: Bed;
  let desktop: Desktop;
  let address: string;
  let machine: { readonly dnsName: string; readonly address: string };
  let newer: string;

  beforeAll(async () => {
    bed = await openMachineBed();
    desktop = bed.desktop;
    expect(bed.engine.own, "this needs the volume's folder on this machine").not.toBeNull();
    newer = `tailnet-share-bed/newer:${bed.id}`;
    await bed.engine.docker(["build", "-q", "-t", newer, "-"], {
      input: `FROM ${bed.images.product}\nLABEL tailnet-share.test="newer"\n`,
    });
    await bed.samples.createNetwork(`bed-install-${bed.id}`);
    await bed.samples.start({ name: "stays", http: 8080, networks: [`bed-install-${bed.id}`] });
    await startOnTailnet(bed, "keeps");
    address = await liveAddress(bed, "name:stays", await bed.api.putShare("name:stays", { mode: "node" }));
    await bed.api.putShare("name:keeps", { mode: "machine" });
    machine = await machineUp(bed, "name:keeps");
    await allReachable();
  });
  afterAll(async () => {
    await desktop?.extension.close();
    await bed?.close();
    await bed?.engine.tryDocker(["image", "rm", newer]);
  });

  /** The bed with the current installation. */
  const now = (): Bed => ({ ...bed, desktop });

  async function allReachable(): Promise<void> {
    await reaches(bed.peer, address, "stays says hello");
    await reaches(bed.peer, "http://keeps.tail.test", "keeps says hello");
  }

  /** Checks that everything from before exists once, and nothing else. */
  async function asBefore(): Promise<void> {
    expect(await liveAddress(bed, "name:stays", undefined, 60_000)).toBe(address);
    expect(await machineUp(bed, "name:keeps", 60_000)).toEqual(machine);
    await allReachable();
    expect(await bed.tailnet.control.loggedIn()).toEqual(["docker", "keeps", "phone"]);
  }

  const actualState = async () => await readActualState(now(), await installationOf(now()));

  /** Rewrites the backend's stored files while it is stopped, without the fields that only this release knows. */
  async function asOlder(change: (name: string, stored: Record<string, unknown>) => object): Promise<void> {
    const mounts = await bed.engine.docker([
      ...["inspect", "-f", "{{json .Mounts}}", desktop.backend.containerId],
    ]);
    const folder = Mounts.parse(JSON.parse(mounts)).find(
      ({ Destination }) => Destination === "/var/lib/tailnet-share",
    )?.Source;
    if (folder === undefined) throw new Error("the backend has no volume");
    await desktop.backend.stop();
    for (const name of ["shares", "settings", "credentials"]) {
      const file = join(folder, `${name}.json`);
      const { checksum: _, ...stored } = Stored.parse(JSON.parse(await readFile(file, "utf8")));
      await writeFile(file, `${JSON.stringify(change(name, stored), null, 2)}\n`);
      await rm(join(folder, `${name}.last-good.json`));
    }
  }

  it("keeps the login, the device, the machine and the shares in an update while sharing, without duplicates", async () => {
    const [before, installation] = [desktop.backend.containerId, await installationOf(now())];
    const actual = await actualState();
    expect(actual.machines).toHaveLength(1);
    await asOlder((name, stored) => {
      const { machineNames: _, updateNotices: __, ...rest } = stored;
      return name === "credentials" ? stored : { ...rest, version: 2 };
    });
    desktop = await desktop.update(newer);
    expect(desktop.backend.containerId).not.toBe(before);
    await asBefore();
    expect(await actualState()).toEqual(actual);
    expect(await installationOf(now())).toBe(installation);
    const { settings, alerts } = await bed.api.snapshot();
    expect(settings).toMatchObject({
      hostname: "docker",
      controlUrl: bed.tailnet.control.url,
      machineCredential: { kind: "auth-key" },
      machineNames: "service",
      updateNotices: "all",
    });
    expect(alerts.filter(({ code }) => code.startsWith("STORE_"))).toEqual([]);
  });

  it("changes nothing when it is installed again", async () => {
    const before = desktop.backend.containerId;
    desktop = await desktop.update(newer);
    expect(desktop.backend.containerId).toBe(before);
    await allReachable();
  });

  it("keeps identity, name, node ports and shares from a volume of the first release, and finds an unrecorded machine by its identity", async () => {
    await asOlder((name, stored) => {
      if (name === "settings")
        return { version: 1, controlUrl: stored.controlUrl, hostname: stored.hostname };
      const { shares } = Stored.parse(stored);
      if (shares === undefined) return stored;
      const ofNode = shares.filter(({ mode }) => mode === "node");
      return { version: 1, shares: ofNode.map(({ machine: _, until: __, ...share }) => share) };
    });
    desktop = await desktop.update(bed.images.product);
    expect(await liveAddress(bed, "name:stays", undefined, 60_000)).toBe(address);
    await reaches(bed.peer, address, "stays says hello");
    expect(await bed.api.connected()).toMatchObject({ name: "docker" });
    await bed.api.putShare("name:keeps", { mode: "machine" });
    expect((await machineUp(bed, "name:keeps", 60_000)).address).toBe(machine.address);
    expect(await bed.tailnet.control.loggedIn()).toHaveLength(3);
  });

  it("leaves the containers as they were and nothing of its own when it is removed while a machine starts", async () => {
    const sample = await startOnTailnet(bed, "late");
    await startOnTailnet(bed, "another");
    const [quiet, installation] = [await namespaceOf(bed, sample.id), await installationOf(now())];
    await bed.api.putShare("name:another", { mode: "machine" });
    await machineUp(bed, "name:another");
    const samples = ["stays", "keeps", "another", "late"];
    const describeSamples = async () =>
      await bed.engine.docker([
        "inspect",
        "-f",
        "{{.Id}} {{.State.StartedAt}} {{json .NetworkSettings.Networks}} {{.RestartCount}}",
        ...samples,
      ]);
    const before = await describeSamples();
    const starting = bed.api.putShare("name:late", { mode: "machine" });
    await expect
      .poll(async () => (await machineContainers(bed, installation)).length, { interval: 20 })
      .toBe(3);
    const began = Date.now();
    await Promise.all([starting.catch(() => undefined), desktop.uninstall()]);
    console.info(`removed within ${Date.now() - began} ms`);
    expect(await machineContainers(bed, installation)).toEqual([]);
    expect(await describeSamples()).toBe(before);
    expect(await namespaceOf(bed, sample.id)).toEqual(quiet);
    for (const url of [address, `http://${machine.address}`])
      expect((await bed.peer.fetch(url, { timeoutMs: 2_000 })).ok).toBe(false);
    const own = `label=com.docker.compose.project=tailnet-share-${bed.id}`;
    expect(await bed.engine.docker(["ps", "-aq", "--filter", own])).toBe("");
    expect(await bed.engine.docker(["network", "ls", "-q", "--filter", own])).toBe("");
    expect(await bed.engine.docker(["volume", "ls", "-q", "--filter", own])).toBe("");
    const members = await bed.engine.docker([
      "network",
      "inspect",
      "-f",
      "{{range .Containers}}{{.Name}} {{end}}",
      `bed-install-${bed.id}`,
    ]);
    expect(members.trim()).toBe("stays");
  });
});
