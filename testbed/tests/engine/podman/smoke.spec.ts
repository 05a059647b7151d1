import { afterAll, beforeAll, describe, it } from "vitest";
import type { Bed } from "../../../src/bed.ts";
import { machinesByKey, machineUp, noMachines, startOnTailnet } from "../../fixtures/machines.ts";
import { worksOnNode } from "../../fixtures/node-share.ts";
import { openBed } from "../../fixtures/open-bed.ts";
import { reaches } from "../../fixtures/visits.ts";

/** The part of the specs for Podman that `npm test` runs. */
describe("on Podman, in short", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  it("carries TCP and UDP by the kernel's rules, passes a check, and refuses after the share is switched off", async () => {
    await worksOnNode(bed, "pod-net");
  });

  it("creates and removes a machine", async () => {
    await machinesByKey(bed);
    await startOnTailnet(bed, "on-its-own");
    await bed.api.putShare("name:on-its-own");
    await machineUp(bed, "name:on-its-own");
    await reaches(bed.peer, "http://on-its-own", `hello to ${bed.peer.address}`);
    await bed.api.deleteShare("name:on-its-own");
    await noMachines(bed);
  });
});
