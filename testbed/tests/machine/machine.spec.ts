import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import {
  machineContainers,
  machineDirectories,
  machineUp,
  noMachines,
  openMachineBed,
  shareOf,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { reaches } from "../fixtures/visits.ts";

const NGINX = "name:tailscale-nginx";

describe("a container shared as its own machine", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openMachineBed();
  });
  afterAll(async () => await bed?.close());

  it("answers by its own name after one click, without declared ports, and sees who visits", async () => {
    const sample = await startOnTailnet(bed, "tailscale-nginx", { udp: 5353 });
    await bed.api.putShare(NGINX);
    const { dnsName, address } = await machineUp(bed, NGINX);
    expect(dnsName).toBe("tailscale-nginx.tail.test");
    await reaches(bed.peer, "http://tailscale-nginx", `hello to ${bed.peer.address}`);
    expect(await bed.engine.docker(["logs", sample.id])).toContain(`visit from ${bed.peer.address}`);
    const echo = await bed.peer.exec(["python3", "/opt/udp-echo.py", address, "5353", "hello"]);
    expect(echo.stdout).toContain("hello");
    const { hiddenOnes, listed } = await bed.api.waitFor("what listens to be found", (snapshot) => {
      const exposure = shareOf(snapshot, NGINX)?.exposure;
      const addresses =
        exposure?.state === "live" ? exposure.endpoints.map((endpoint) => endpoint.address) : [];
      return addresses.length === 2
        ? { listed: addresses, hiddenOnes: snapshot.workloads.map(({ name }) => name) }
        : null;
    });
    expect(listed).toEqual(["http://tailscale-nginx.tail.test", "tailscale-nginx.tail.test:5353"]);
    // The machine's own container must not be offered for sharing.
    expect(hiddenOnes.filter((name) => name.startsWith("tailnet-share-"))).toEqual([]);
  });

  it("is gone with another click: no container, and a while later no state and no valid device [S054]", async () => {
    await bed.api.deleteShare(NGINX);
    await noMachines(bed);
    await waitFor(async () => (await machineDirectories(bed)).length === 0, {
      what: "the machine's state to be gone",
      timeoutMs: 30_000,
    });
    expect(await machineContainers(bed)).toEqual([]);
    const device = (await bed.tailnet.control.listNodes()).find(({ name }) => name === "tailscale-nginx");
    expect((device?.expiry?.seconds ?? Number.POSITIVE_INFINITY) * 1_000).toBeLessThanOrEqual(Date.now());
  });
});
