import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { BED_LABEL } from "../src/lib/bed-id.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import { machinesByKey, machineUp, shareOf, startOnTailnet } from "./fixtures/machines.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { addressesOn, addressOf, listenIn, startIntruder } from "./fixtures/packets.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";
import { takeTunAway } from "./fixtures/without-tun.ts";

describe("where the engine gives no TUN", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await takeTunAway(bed);
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

  it("is no way from one network into another for who routes by it", async () => {
    const { docker } = bed.engine;
    await liveAddress(bed, "name:web", await bed.api.putShare("name:web"));
    const intruder = await startIntruder(bed, "us-intruder", "bed-userspace");
    const backend = await docker([
      "ps",
      "-q",
      "--filter",
      `label=${BED_LABEL}=${bed.id}`,
      "--filter",
      `ancestor=${bed.images.product}`,
    ]);
    const { four: beside } = await addressesOn(bed, backend.split("\n")[0] ?? "", "bed-userspace");
    const victim = await addressOf(bed, bed.peer.containerId);
    const atPeer = await listenIn(bed, bed.peer.containerId, 8003);
    await intruder.routeBy(`${victim}/32`, beside);
    await intruder.forge(intruder.address, victim, 8003);
    expect(await atPeer.heard()).toEqual([]);
    await bed.api.deleteShare("name:web");
  });

  it("says of a UDP port that it cannot", async () => {
    await bed.samples.start({ name: "echo", udp: 5353 });
    const { workloads } = await bed.api.putShare("name:echo");
    expect(workloads.find(({ id }) => id === "name:echo")?.share?.exposure).toMatchObject({
      state: "failed",
      fault: { code: "UDP_NEEDS_TUN" },
    });
  });

  it("makes a container a machine of its own all the same, which answers by its own name", async () => {
    await machinesByKey(bed);
    const sample = await startOnTailnet(bed, "us-own", { tcp: 9000, udp: 5353 });
    const surroundings = async () => {
      const program = ["sh", "-c", "ls /sys/class/net; cat /etc/resolv.conf /proc/net/route"];
      return await bed.engine.docker(["exec", sample.id, ...program]);
    };
    const before = await surroundings();
    await bed.api.putShare("name:us-own", { mode: "machine" });
    const { dnsName, address } = await machineUp(bed, "name:us-own");
    expect(dnsName).toBe("us-own.tail.test");
    await reaches(bed.peer, "http://us-own.tail.test", "us-own says hello");
    const echo = await bed.peer.exec(["python3", "/opt/udp-echo.py", address, "5353", "hello"]);
    expect(echo.stdout).toContain("hello");
    expect(await surroundings()).toBe(before);
    const addresses = await bed.api.waitFor("what listens to be found", (snapshot) => {
      const exposure = shareOf(snapshot, "name:us-own")?.exposure;
      return exposure?.state === "live" && exposure.endpoints.length > 0
        ? exposure.endpoints.map((one) => one.address)
        : null;
    });
    expect(addresses).toEqual([
      "http://us-own.tail.test",
      "us-own.tail.test:5353",
      "http://us-own.tail.test:9000",
    ]);
    await bed.api.deleteShare("name:us-own");
    await waitFor(async () => !(await bed.peer.fetch(`http://${address}`, { timeoutMs: 1_000 })).ok, {
      what: "the machine to be unreachable",
      timeoutMs: 5_000,
    });
    expect(await surroundings()).toBe(before);
  });
});
