import { Health } from "@tailnet-share/contract/operations";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../../src/api.ts";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import type { ComposeProject } from "../../src/samples.ts";
import {
  devicesOf,
  installationOf,
  machineContainers,
  machineDirectories,
  machineFault,
  machinesBeside,
  machineUp,
  noMachines,
  openMachineBed,
  shareOf,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { reaches } from "../fixtures/visits.ts";

interface Machine {
  /** ID of its workload. */
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** The application's answer to clients. */
  readonly says: string;
}

describe("a machine comes back as the same device", () => {
  let bed: Bed;
  let web: Machine;
  let shop: Machine;
  let project: ComposeProject;

  beforeAll(async () => {
    bed = await openMachineBed();
    await startOnTailnet(bed, "life-web");
    project = await bed.samples.project(
      `life${bed.id}`,
      { "life-shop": { environment: { NAME: "life-shop", HTTP_PORT: "80" }, networks: ["tailnet"] } },
      { tailnet: { external: true, name: bed.tailnet.network.name } },
    );
    await project.up();
    [web, shop] = await Promise.all([
      becomesMachine("name:life-web", "life-web"),
      becomesMachine(`compose:${project.name}/life-shop/1`, "life-shop"),
    ]);
    await allBack();
  });
  afterAll(async () => await bed?.close());

  async function becomesMachine(id: string, name: string): Promise<Machine> {
    await bed.api.putShare(id, { mode: "machine" });
    const { address } = await machineUp(bed, id);
    return { id, name, address, says: `${name} says hello` };
  }

  /** Checks that the device answers by its name, at the previous address, and that no other has its name. */
  async function isBack({ id, name, address, says }: Machine): Promise<void> {
    await reaches(bed.peer, `http://${name}.tail.test`, says, 30_000);
    // A device may learn a new name a moment before the machine itself.
    await waitFor(async () => (await machineUp(bed, id)).dnsName === `${name}.tail.test`, {
      what: `${id} to be called ${name}`,
      timeoutMs: 5_000,
    });
    expect((await machineUp(bed, id)).address).toBe(address);
    const devices = await devicesOf(bed, name);
    expect(devices.map(({ given_name, ip_addresses }) => [given_name, ip_addresses[0]])).toEqual([
      [name, address],
    ]);
  }

  async function allBack(): Promise<void> {
    await isBack(web);
    await isBack(shop);
    expect(await machineContainers(bed)).toHaveLength(2);
  }

  /** The machines of both, whatever their names. */
  const machinesHere = async () =>
    await machinesBeside(bed, [
      web.name,
      ...(await project.compose(["ps", "-q"])).split("\n").filter(Boolean),
    ]);

  const waits = async (workload: string, reason: string) =>
    await bed.api.waitFor(`${workload} to wait: ${reason}`, (snapshot) => {
      const exposure = shareOf(snapshot, workload)?.exposure;
      return exposure?.state === "waiting" && exposure.reason === reason;
    });

  /** Kills it and waits until the engine has restarted it. */
  async function killBackend(): Promise<void> {
    const { backend } = bed.desktop;
    const before = await backend.startCount();
    await backend.kill();
    await expect.poll(async () => await backend.startCount(), { timeout: 30_000 }).toBeGreaterThan(before);
  }

  async function thereAre(machines: number): Promise<void> {
    await waitFor(async () => (await machineContainers(bed)).length === machines, {
      what: `${machines} machine containers`,
      timeoutMs: 15_000,
    });
  }

  async function health() {
    const { status, body } = await bed.desktop.page.request({ method: "GET", url: "/health" });
    const failing = Health.parse(JSON.parse(body)).hops.filter(({ ok }) => !ok);
    return { status, failing: failing.map(({ hop }) => hop) };
  }

  /** Names of the machine containers that the engine has created since. */
  async function machinesMade(installation: string, since: Date): Promise<string[]> {
    const events = await bed.engine.docker([
      ...["events", "--since", since.toISOString(), "--until", new Date().toISOString()],
      ...["--filter", "event=create", "--filter", `label=tailnet-share.installation=${installation}`],
      ...["--format", "{{.Actor.Attributes.name}}"],
    ]);
    return events.split("\n").filter((name) => name !== "");
  }

  it.each([
    ["restarted", [["restart"]]],
    ["restarted without a moment's notice", [["restart", "-t", "0"]]],
    ["killed and started", [["kill"], ["start"]]],
  ])("after its container was %s", async (_what, commands) => {
    for (const command of commands) await bed.engine.docker([...command, "life-web"]);
    await allBack();
  });

  it("after its container was stopped for a while, with no machine meanwhile and its share kept", async () => {
    await bed.engine.docker(["stop", "life-web"]);
    await waits(web.id, "container-stopped");
    await thereAre(1);
    expect(await machineDirectories(bed)).toHaveLength(2);
    await bed.engine.docker(["start", "life-web"]);
    await allBack();
  });

  it("after compose recreated its container, or took it down and up", async () => {
    await project.up(["--force-recreate"]);
    await allBack();
    await project.down();
    await waits(shop.id, "container-removed");
    await project.up();
    await allBack();
  });

  it("after its tailscaled was killed", async () => {
    for (const id of await machineContainers(bed)) await bed.engine.docker(["kill", id]);
    await allBack();
  });

  it("after its tailscaled hung: reported within seconds, also by the health check, and replaced if it does not recover", async () => {
    const machineOfWeb = async () => await machinesBeside(bed, [web.name]);
    const [machine] = await machineOfWeb();
    if (machine === undefined) throw new Error("no machine runs beside life-web");
    const signal = (name: NodeJS.Signals) => process.kill(machine.pid, name);
    signal("SIGSTOP");
    try {
      expect(await machineFault(bed, web.id, 9_000)).toMatchObject({ code: "MACHINE_FAILED" });
      await expect.poll(health, { timeout: 5_000 }).toEqual({ status: 503, failing: ["machines"] });
      await isBack(shop);
    } finally {
      signal("SIGCONT");
    }
    await machineUp(bed, web.id, 10_000);
    await expect.poll(health, { timeout: 10_000 }).toEqual({ status: 200, failing: [] });
    expect(await machineOfWeb(), "nobody ended it").toEqual([machine]);
    signal("SIGSTOP");
    await machineFault(bed, web.id, 9_000);
    await expect
      .poll(async () => (await machineOfWeb()).map(({ id }) => id), { timeout: 60_000 })
      .not.toContain(machine.id);
    await allBack();
  });

  it("after the backend was killed", async () => {
    await killBackend();
    await allBack();
  });

  it("after the backend was killed and its settings were lost, including the ID that its machines are labelled with", async () => {
    const before = await machinesHere();
    const lose = `for (const name of ["settings.json", "settings.last-good.json"]) require("fs").rmSync("/var/lib/tailnet-share/" + name)`;
    expect((await bed.desktop.backend.exec(["/usr/local/bin/node", "-e", lose])).code).toBe(0);
    await killBackend();
    for (const machine of [web, shop]) await isBack(machine);
    expect(await machinesHere()).toEqual(before);
    await bed.api.patchSettings({ controlUrl: bed.tailnet.control.url });
  });

  it("after the backend was stopped, which removes all machines, and started", async () => {
    const installation = await installationOf(bed);
    await bed.desktop.backend.stop();
    expect(await machineContainers(bed, installation)).toEqual([]);
    await bed.desktop.backend.start();
    await allBack();
  });

  it("once, when its container is restarted and the backend killed in the middle of its first log-in", async () => {
    await startOnTailnet(bed, "life-early");
    await bed.api.putShare("name:life-early", { mode: "machine" });
    await bed.engine.docker(["restart", "-t", "0", "life-early"]);
    await thereAre(3);
    await killBackend();
    const { address } = await machineUp(bed, "name:life-early");
    await isBack({ id: "name:life-early", name: "life-early", address, says: "life-early says hello" });
    expect(await machineContainers(bed)).toHaveLength(3);
    await bed.api.deleteShare("name:life-early");
    await thereAre(2);
  });

  it("after the extension was paused; no machine starts meanwhile, even when the backend restarts", async () => {
    await bed.api.patchNode({ connected: false });
    await noMachines(bed);
    const [installation, paused] = [await installationOf(bed), new Date()];
    await bed.desktop.backend.restart();
    await waits(web.id, "node-offline");
    await bed.api.waitFor("the backend to know that it is paused", ({ node }) => node.state === "paused");
    expect(await machinesMade(installation, paused)).toEqual([]);
    await bed.api.patchNode({ connected: true });
    await allBack();
  });

  it("after the extension was logged out and in again", async () => {
    await bed.api.logout();
    await waits(web.id, "node-offline");
    await noMachines(bed);
    await bed.login();
    await allBack();
  });

  it("when its container is renamed", async () => {
    await bed.engine.docker(["rename", "life-web", "life-renamed"]);
    web = { ...web, id: "name:life-renamed" };
    await allBack();
  });

  it("with another name that it gets while it runs; a name that is taken is refused, and a free one proposed", async () => {
    expect(await bed.api.checkName("phone", web.id)).toMatchObject({ taken: true, proposal: "phone-2" });
    expect(await bed.api.checkName("life-shop", web.id)).toMatchObject({ taken: true });
    expect(await bed.api.checkName("life-web", web.id)).toMatchObject({ taken: false });
    const refusal = await bed.api.putShare(web.id, { machine: { name: "phone" } }).catch((error) => error);
    expect(refusal instanceof ApiError && refusal.fault).toMatchObject({
      code: "NAME_TAKEN",
      hint: expect.stringContaining("phone-2"),
    });
    await isBack(web);
    await bed.api.putShare(web.id, { machine: { name: "life-named" } });
    web = { ...web, name: "life-named" };
    await allBack();
    expect(await devicesOf(bed, "life-web")).toEqual([]);
  });

  it("after it was shared on the node in between", async () => {
    const http = { port: 80, protocol: "tcp" as const };
    await bed.api.putShare(web.id, { mode: "node", ports: [http] });
    await reaches(bed.peer, "http://docker.tail.test", web.says);
    await thereAre(1);
    await bed.api.putShare(web.id, { mode: "machine" });
    await allBack();
    expect((await bed.peer.fetch("http://docker")).ok).toBe(false);
  });

  it("when its container is removed and a new one has its name", async () => {
    await bed.samples.remove("life-renamed");
    await waits(web.id, "container-removed");
    await thereAre(1);
    await startOnTailnet(bed, "life-renamed");
    web = { ...web, says: "life-renamed says hello" };
    await allBack();
  });

  it("never, when it is forgotten after its container was removed: logged out, no state", async () => {
    await bed.samples.remove("life-renamed");
    await waits(web.id, "container-removed");
    await bed.api.deleteShare(web.id);
    await waitFor(async () => (await machineDirectories(bed)).length === 1, {
      what: "the machine's state to be gone",
      timeoutMs: 30_000,
    });
    const [device] = await devicesOf(bed, web.name);
    expect((device?.expiry?.seconds ?? Number.POSITIVE_INFINITY) * 1_000).toBeLessThanOrEqual(Date.now());
    await isBack(shop);
    expect(await machineContainers(bed)).toHaveLength(1);
  });

  it("never, when the extension is removed; its container stays as it was", async () => {
    const installation = await installationOf(bed);
    const before = await project.compose(["ps", "-q"]);
    await bed.desktop.uninstall();
    expect(await machineContainers(bed, installation)).toEqual([]);
    expect(await project.compose(["ps", "-q"])).toBe(before);
  });
});
