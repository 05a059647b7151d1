import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { TAILSCALE_CONTROL, type TestControl } from "../src/tailnet/test-control.ts";
import { machinesByKey, machineUp, startOnTailnet } from "./fixtures/machines.ts";
import { openTailscaleBed } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

const WEB = "name:ts-web";
const OWN = "name:ts-own";

describe("a tailnet on a control server like Tailscale's own", () => {
  let bed: Bed<TestControl>;

  beforeAll(async () => {
    bed = await openTailscaleBed();
    await bed.samples.start({ name: "ts-web", http: 8080 });
    await startOnTailnet(bed, "ts-own");
  });
  afterAll(async () => await bed?.close());

  it("takes the node by link while the control server's setting is empty; a peer reaches a share by name", async () => {
    await bed.api.login({ hostname: "docker" });
    const link = await bed.api.waitFor("the link", ({ node }) =>
      node.state === "logged-out" ? node.login?.url : null,
    );
    await bed.tailnet.control.finishLogin(link);
    await bed.api.waitFor("the node", ({ node }) => node.state === "connected", 30_000);
    const { settings, accounts } = await bed.api.snapshot();
    expect(settings.controlUrl).toBe("");
    expect(accounts).toMatchObject([{ controlUrl: `https://${TAILSCALE_CONTROL}`, current: true }]);
    const address = await liveAddress(bed, WEB, await bed.api.putShare(WEB));
    expect(address).toContain("docker.tail.test");
    await reaches(bed.peer, address, "ts-web says hello");
  });

  it("takes a machine by auth key", async () => {
    await machinesByKey(bed);
    await bed.api.putShare(OWN, { mode: "machine" });
    const { dnsName } = await machineUp(bed, OWN);
    await reaches(bed.peer, `http://${dnsName}`, "ts-own says hello");
  });
});
