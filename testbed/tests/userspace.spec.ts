import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { BED_LABEL } from "../src/lib/bed-id.ts";
import { TAILSCALED_TEST_ENV } from "../src/tailnet/peer.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

describe("where the engine gives no TUN", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    // In the installed backend's place: the same image on the same socket, but without the device.
    await bed.desktop.backend.stop();
    const flags = Object.entries(TAILSCALED_TEST_ENV).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    await bed.engine.docker([
      "run",
      "-d",
      "--init",
      "--cap-drop",
      "ALL",
      "--cap-add",
      "NET_RAW",
      "--network",
      bed.tailnet.network.name,
      "--label",
      `${BED_LABEL}=${bed.id}`,
      "-v",
      `${bed.engine.socketInEngine}:/var/run/docker.sock`,
      "-v",
      `tailnet-share-guest-services-${bed.id}:/run/guest-services`,
      ...flags,
      bed.images.product,
    ]);
    await bed.api.waitFor("the backend without a TUN", ({ dataPlane }) => dataPlane.mode === "userspace");
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  it("says so, with what it costs and what to do", async () => {
    const { dataPlane } = await bed.api.snapshot();
    expect(dataPlane.fault).toMatchObject({ code: "NO_TUN", message: expect.stringContaining("TCP only") });
  });

  it("shares a TCP port all the same, and takes it back", async () => {
    await bed.samples.createNetwork("bed-userspace");
    await bed.samples.start({ name: "web", http: 8080, networks: ["bed-userspace"] });
    const address = await liveAddress(bed, "name:web", await bed.api.putShare("name:web"));
    await reaches(bed.peer, address, "web says hello");
    await bed.api.deleteShare("name:web");
    expect(await bed.peer.fetch(address, { timeoutMs: 3_000 })).toMatchObject({ ok: false });
  });

  it("says of a UDP port that it cannot", async () => {
    await bed.samples.start({ name: "echo", udp: 5353 });
    const { workloads } = await bed.api.putShare("name:echo");
    expect(workloads.find(({ id }) => id === "name:echo")?.share?.exposure).toMatchObject({
      state: "failed",
      fault: { code: "UDP_NEEDS_TUN" },
    });
  });
});
