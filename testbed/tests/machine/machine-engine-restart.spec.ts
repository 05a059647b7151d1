import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import {
  devicesOf,
  machineContainers,
  machineUp,
  openMachineBed,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { openBedOnEngineSocket } from "../fixtures/open-bed.ts";
import { reaches } from "../fixtures/visits.ts";

describe("machines and the engine's restart", () => {
  let bed: Bed;
  const names = ["engine-one", "engine-two"];
  const before = new Map<string, Awaited<ReturnType<typeof machineUp>>>();

  beforeAll(async () => {
    bed = await openMachineBed(openBedOnEngineSocket);
    for (const name of names) {
      await startOnTailnet(bed, name, { flags: ["--restart", "unless-stopped"] });
      await bed.api.putShare(`name:${name}`);
      before.set(name, await machineUp(bed, `name:${name}`));
    }
    await allReachable();
  });
  afterAll(async () => await bed?.close());

  async function allReachable(): Promise<void> {
    for (const name of names)
      await reaches(bed.peer, `http://${name}.tail.test`, `${name} says hello`, 60_000);
  }

  it("each machine comes back once, under its name and address", async () => {
    expect(bed.engine.own, "this needs the bed's own engine").not.toBeNull();
    await bed.engine.own?.restart();
    await allReachable();
    for (const [name, earlier] of before) {
      expect(await machineUp(bed, `name:${name}`, 60_000)).toEqual(earlier);
      expect(await devicesOf(bed, name)).toHaveLength(1);
    }
    expect(await machineContainers(bed)).toHaveLength(names.length);
  });

  it("a container that the engine does not restart has no machine until it is started, and then the same one", async () => {
    await bed.engine.docker(["update", "--restart", "no", "engine-two"]);
    await bed.engine.own?.restart();
    await reaches(bed.peer, "http://engine-one.tail.test", "engine-one says hello", 60_000);
    await expect.poll(async () => await machineContainers(bed), { timeout: 15_000 }).toHaveLength(1);
    await bed.engine.docker(["start", "engine-two"]);
    await allReachable();
    expect(await machineUp(bed, "name:engine-two")).toEqual(before.get("engine-two"));
    expect(await devicesOf(bed, "engine-two")).toHaveLength(1);
  });
});
