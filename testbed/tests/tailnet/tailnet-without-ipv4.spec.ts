import { faultOf } from "@tailnet-share/contract/check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { IPV6_ON } from "../../src/tailnet/peer.ts";
import { machineFault, machineUp, openMachineBed, shareOf, startOnTailnet } from "../fixtures/machines.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { reaches } from "../fixtures/visits.ts";

describe("a tailnet without IPv4", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openMachineBed(() => openBed({ ipv4: false }));
  });
  afterAll(async () => await bed?.close());

  it("has no share on the node, and the row suggests a machine", async () => {
    await startOnTailnet(bed, "six-node");
    await bed.api.putShare("name:six-node", {
      mode: "node",
      ports: [{ port: 80, protocol: "tcp", nodePort: 8080 }],
    });
    expect(await machineFault(bed, "name:six-node")).toMatchObject({
      code: "NO_IPV4",
      hint: expect.stringContaining("its own machine"),
    });
    expect(faultOf(await bed.api.check("name:six-node"))).toMatchObject({ code: "NO_IPV4" });
  });

  it("says that a machine's container has no IPv6", async () => {
    const flags = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=1"];
    await startOnTailnet(bed, "six-off", { flags, expose: ["80"] });
    await bed.api.putShare("name:six-off", { mode: "machine" });
    expect(await machineFault(bed, "name:six-off")).toMatchObject({
      code: "NO_IPV4",
      message: expect.stringContaining("switched off in the container"),
    });
    await bed.api.deleteShare("name:six-off");
  });

  it.each([
    ["all addresses", {}, []],
    ["IPv4 alone", { bind: "0.0.0.0" }, [80]],
    ["127.0.0.1", { bind: "127.0.0.1" }, [80]],
  ])("reaches a machine whose program listens on %s", async (what, options, forwarded) => {
    const name = `six-${what.replaceAll(/[ .]/g, "-").toLowerCase()}`;
    await startOnTailnet(bed, name, { flags: IPV6_ON, expose: ["80"], ...options });
    await bed.api.putShare(`name:${name}`, { mode: "machine" });
    const { address } = await machineUp(bed, `name:${name}`);
    await reaches(bed.peer, `http://[${address}]`, `${name} says hello`);
    const forwardedNow = async () => shareOf(await bed.api.snapshot(), `name:${name}`)?.machine?.forwarded;
    await expect.poll(forwardedNow).toEqual(forwarded);
    expect(faultOf(await bed.api.check(`name:${name}`))).toBeNull();
    await bed.api.deleteShare(`name:${name}`);
  });

  it("says that a machine's visitors don't reach a program on UDP over IPv4 alone", async () => {
    await startOnTailnet(bed, "six-udp", { flags: IPV6_ON, http: 80, udp: 5353, expose: ["80", "5353/udp"] });
    await bed.api.putShare("name:six-udp", { mode: "machine" });
    await machineUp(bed, "name:six-udp");
    const udp = { port: 5353, protocol: "udp" };
    await bed.api.waitFor("the reason", (now) => {
      const exposure = shareOf(now, "name:six-udp")?.exposure;
      return exposure?.state === "live" && exposure.unanswered.length > 0;
    });
    expect(shareOf(await bed.api.snapshot(), "name:six-udp")?.exposure).toMatchObject({
      unanswered: [{ ...udp, reason: "ipv4-only" }],
    });
    expect(faultOf(await bed.api.check("name:six-udp"))).toMatchObject({
      code: "NOT_LISTENING",
      message: "The application listens on UDP port 5353 over IPv4 only, and clients connect over IPv6.",
    });
    await bed.api.deleteShare("name:six-udp");
  });
});
