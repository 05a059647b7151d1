import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../../src/bed.ts";
import { COMPOSE_GENERATIONS } from "../../../src/engine/compose.ts";
import { waitFor } from "../../../src/lib/wait-for.ts";
import {
  machinesBeside,
  machinesByKey,
  machineUp,
  noMachines,
  shareOf,
  startOnTailnet,
} from "../../fixtures/machines.ts";
import { openBed } from "../../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../../fixtures/visits.ts";

const WEB = { environment: { HTTP_PORT: "80", NAME: "web" }, expose: ["80"] };
const NODE = { mode: "node" } as const;
const MACHINE = { mode: "machine" } as const;

describe("a user's own commands while a container is shared on Podman", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await machinesByKey(bed);
  });
  afterAll(async () => await bed?.close());

  const stateOf = async (id: string): Promise<string> =>
    await bed.engine.docker(["inspect", "-f", "{{.State.Status}}", id]);

  async function waits(workload: string): Promise<void> {
    await bed.api.waitFor(
      `${workload} to wait`,
      (snapshot) => shareOf(snapshot, workload)?.exposure.state === "waiting",
    );
  }

  async function project(generation: 1 | 2, kind: string, external: string | null) {
    const name = `podman${generation}${kind}${bed.id}`;
    const networks = external === null ? {} : { default: { name: external, external: true } };
    const made = await bed.samples.project(name, { web: WEB }, networks, { generation });
    const workload = `compose:${name}/web/1`;
    const up = async () => {
      await made.up();
      await bed.api.waitFor("the service with its ports", ({ workloads }) =>
        workloads.some(({ id, run, ports }) => id === workload && run === "running" && ports.length > 0),
      );
    };
    return { ...made, up, workload };
  }

  it.each(COMPOSE_GENERATIONS)(
    "compose down and up of generation %i work for a share on the node",
    async (generation) => {
      const { up, tryCompose, workload } = await project(generation, "n", null);
      await up();
      const address = await liveAddress(bed, workload, await bed.api.putShare(workload, NODE));
      await reaches(bed.peer, address, "web says hello");
      for (const _round of [1, 2]) {
        expect(await tryCompose(["down", "-t", "1"])).toMatchObject({ code: 0 });
        await waits(workload);
        await up();
        expect(await liveAddress(bed, workload)).toBe(address);
        await reaches(bed.peer, address, "web says hello");
      }
      expect(await tryCompose(["restart", "-t", "1"])).toMatchObject({ code: 0 });
      await reaches(bed.peer, address, "web says hello");
      await bed.api.deleteShare(workload);
      expect(await tryCompose(["down", "-t", "1"])).toMatchObject({ code: 0 });
    },
  );

  it.each(COMPOSE_GENERATIONS)(
    "compose down and up of generation %i work for a machine",
    async (generation) => {
      const { up, tryCompose, workload } = await project(generation, "m", bed.tailnet.network.name);
      await up();
      await bed.api.putShare(workload, MACHINE);
      const { dnsName } = await machineUp(bed, workload);
      await reaches(bed.peer, `http://${dnsName}`, "hello to");
      expect(await tryCompose(["down", "-t", "1"])).toMatchObject({ code: 0 });
      await waits(workload);
      await noMachines(bed);
      await up();
      expect(await machineUp(bed, workload)).toMatchObject({ dnsName });
      await reaches(bed.peer, `http://${dnsName}`, "hello to");
      expect(await tryCompose(["up", "-d", "--force-recreate", "-t", "1"])).toMatchObject({ code: 0 });
      await reaches(bed.peer, `http://${dnsName}`, "hello to");
      await bed.api.deleteShare(workload);
      expect(await tryCompose(["down", "-t", "1"])).toMatchObject({ code: 0 });
      await noMachines(bed);
    },
  );

  it("removes a container that a machine runs beside", async () => {
    const { id } = await startOnTailnet(bed, "removed");
    await bed.api.putShare("name:removed", MACHINE);
    await machineUp(bed, "name:removed");
    expect(await bed.engine.tryDocker(["rm", "-f", id])).toMatchObject({ code: 0 });
    await noMachines(bed);
    expect((await bed.engine.tryDocker(["inspect", id])).code).not.toBe(0);
    await bed.api.deleteShare("name:removed");
  });

  it("leaves a stopped container stopped, also after a restart of the backend, and follows its next start", async () => {
    const { id } = await startOnTailnet(bed, "stopped");
    await bed.api.putShare("name:stopped", MACHINE);
    await machineUp(bed, "name:stopped");
    const [machine] = await machinesBeside(bed, [id]);
    await bed.engine.docker(["stop", "-t", "1", id]);
    await waits("name:stopped");
    await noMachines(bed);
    expect(await stateOf(id)).toBe("exited");
    await bed.desktop.backend.restart();
    await waits("name:stopped");
    expect(await stateOf(id)).toBe("exited");
    await bed.engine.docker(["start", id]);
    await machineUp(bed, "name:stopped");
    await reaches(bed.peer, "http://stopped", "hello to");
    expect(await machinesBeside(bed, [id])).not.toEqual([machine]);
    await bed.api.deleteShare("name:stopped");
    await noMachines(bed);
  });

  it("keeps the default route through joins, leaves and a crash with joined networks", async () => {
    const names = ["way-a", "way-b"];
    const wayOut = async (): Promise<string> =>
      (await bed.desktop.backend.exec(["ip", "-4", "-o", "route", "get", "1.1.1.1"])).stdout.split(
        " src ",
      )[0] ?? "";
    const home = await wayOut();
    expect(home).toMatch(/^1\.1\.1\.1 via 172\.30\.\d+\.1 dev eth\d+/);
    const cardless = (route: string) => route.replace(/ dev \S+/, "");
    const addresses = new Map<string, string>();
    for (const name of names) {
      await bed.samples.createNetwork(name);
      await bed.samples.start({ name, http: 8080, networks: [name] });
      addresses.set(
        name,
        await liveAddress(bed, `name:${name}`, await bed.api.putShare(`name:${name}`, NODE)),
      );
      expect(await wayOut()).toBe(home);
    }
    await bed.engine.docker(["kill", bed.desktop.backend.containerId]);
    await waitFor(async () => (await stateOf(bed.desktop.backend.containerId)) !== "running", {
      what: "the backend to have ended",
      timeoutMs: 20_000,
    });
    await bed.desktop.backend.start();
    for (const name of names) await reaches(bed.peer, addresses.get(name) ?? "", `${name} says hello`);
    expect(cardless(await wayOut())).toBe(cardless(home));
    await bed.desktop.backend.restart();
    for (const name of names) await reaches(bed.peer, addresses.get(name) ?? "", `${name} says hello`);
    expect(cardless(await wayOut())).toBe(cardless(home));
    for (const name of names) await bed.api.deleteShare(`name:${name}`);
    expect(cardless(await wayOut())).toBe(cardless(home));
  });
});
