import { faultOf } from "@tailnet-share/contract/check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../../src/bed.ts";
import { machinesByKey, machineUp, noMachines, startOnTailnet } from "../../fixtures/machines.ts";
import { openBed } from "../../fixtures/open-bed.ts";
import { liveAddress, reaches, refused } from "../../fixtures/visits.ts";

/** The part of the specs for Podman that `npm test` runs. */
describe("on Podman, in short", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  it("carries TCP and UDP by the kernel's rules, passes a check, and refuses after the share is switched off", async () => {
    await bed.samples.createNetwork("pod-net");
    await bed.samples.start({ name: "on-node", http: 8080, udp: 5353, networks: ["pod-net"] });
    const ports = [
      { port: 8080, protocol: "tcp" as const },
      { port: 5353, protocol: "udp" as const },
    ];
    const address = await liveAddress(bed, "name:on-node", await bed.api.putShare("name:on-node", { ports }));
    expect(await bed.api.snapshot()).toMatchObject({ dataPlane: { mode: "kernel", fault: null } });
    await reaches(bed.peer, address, "on-node says hello");
    const echo = ["python3", "/opt/udp-echo.py", "docker.tail.test", "5353", "there and back"];
    expect((await bed.peer.exec(echo)).stdout.trim()).toBe("there and back");
    expect(faultOf(await bed.api.check("name:on-node"))).toBeNull();
    await bed.api.deleteShare("name:on-node");
    await refused(bed.peer, address);
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
