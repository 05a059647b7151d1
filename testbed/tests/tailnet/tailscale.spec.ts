import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { TAILSCALE_CONTROL, type TestControl } from "../../src/tailnet/test-control.ts";
import { machinesByKey, machineUp, shareOf, startOnTailnet } from "../fixtures/machines.ts";
import { openTailscaleBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

const WEB = "name:ts-web";
const OWN = "name:ts-own";
const STRANGERS = 5_000;

describe("a tailnet on a control server like Tailscale's own", () => {
  let bed: Bed<TestControl>;
  let address: string;
  let own: Awaited<ReturnType<typeof machineUp>>;

  beforeAll(async () => {
    bed = await openTailscaleBed();
    await bed.samples.start({ name: "ts-web", http: 8080 });
    await startOnTailnet(bed, "ts-own");
  });
  afterAll(async () => await bed?.close());

  const control = () => bed.tailnet.control;
  async function bothAnswer(): Promise<void> {
    await reaches(bed.peer, address, "ts-web says hello");
    await reaches(bed.peer, `http://${own.address}`, "ts-own says hello");
  }

  it("admits the node by link, without an address in the settings, after an admin has approved it", async () => {
    await control().configure({ deviceApproval: true });
    await bed.api.login({ hostname: "docker" });
    const link = await bed.api.waitFor("the link", ({ node }) =>
      node.state === "logged-out" ? node.login?.url : null,
    );
    await control().finishLogin(link);
    const { adminUrl } = await bed.api.waitFor("the approval to be asked for", ({ node }) =>
      node.state === "needs-approval" ? node : null,
    );
    expect(adminUrl).toBe("https://login.tailscale.com/admin/machines");
    await control().change("docker", { approve: true });
    await bed.api.connected();
    const { settings, accounts } = await bed.api.snapshot();
    expect(settings.controlUrl).toBe("");
    expect(accounts).toMatchObject([{ controlUrl: `https://${TAILSCALE_CONTROL}`, current: true }]);
    address = await liveAddress(bed, WEB, await bed.api.putShare(WEB));
    expect(address).toBe("http://docker.tail.test:8080");
    await reaches(bed.peer, address, "ts-web says hello");
  });

  it("admits a machine by auth key after an admin has approved it, and one with a pre-approved key at once", async () => {
    await machinesByKey(bed);
    await bed.api.putShare(OWN, { mode: "machine" });
    const asked = await bed.api.waitFor("the machine's approval to be asked for", (snapshot) => {
      const exposure = shareOf(snapshot, OWN)?.exposure;
      return exposure?.state === "needs-approval" ? exposure : null;
    });
    expect(asked).toEqual({
      state: "needs-approval",
      by: "admin",
      url: "https://login.tailscale.com/admin/machines",
    });
    await control().change("ts-own", { approve: true });
    own = await machineUp(bed, OWN);
    await reaches(bed.peer, `http://${own.dnsName}`, "ts-own says hello");
    const authKey = await control().createAuthKey({ preauthorized: true, tags: ["tag:docker"] });
    await bed.api.patchSettings({ machineCredential: { kind: "auth-key", authKey } });
    await startOnTailnet(bed, "ts-tagged");
    await bed.api.putShare("name:ts-tagged", { mode: "machine" });
    const tagged = await machineUp(bed, "name:ts-tagged");
    await reaches(bed.peer, `http://${tagged.dnsName}`, "ts-tagged says hello");
    const { machine } = shareOf(await bed.api.snapshot(), "name:ts-tagged") ?? {};
    expect(machine?.keyExpiry).toBeNull();
  });

  it("keeps node and machine while an admin tags them and removes the tags", async () => {
    for (const tags of [["tag:docker"], []]) {
      await control().change("docker", { tags });
      await control().change("ts-own", { tags });
      await bothAnswer();
      expect((await bed.api.connected()).user).not.toBe("");
      expect((await machineUp(bed, OWN)).address).toBe(own.address);
    }
  });

  it("shows addresses that work while the tailnet has no MagicDNS", async () => {
    await control().configure({ magicDns: false });
    const node = await bed.api.waitFor("the node to know", ({ node: now }) =>
      now.state === "connected" && !now.magicDns ? now : null,
    );
    const exposure = shareOf(await bed.api.snapshot(), WEB)?.exposure;
    const [endpoint] = exposure?.state === "live" ? exposure.endpoints : [];
    expect(endpoint?.ipAddress).toBe(`http://${node.addresses[0]}:8080`);
    await reaches(bed.peer, endpoint?.ipAddress ?? "", "ts-web says hello");
    await control().configure({ magicDns: true });
    await bed.api.waitFor("MagicDNS", ({ node: now }) => now.state === "connected" && now.magicDns);
  });

  it("says that the node's key has expired; a login by key brings the shares back at their addresses", async () => {
    await control().change("docker", { expire: new Date(Date.now() - 1_000) });
    await bed.api.waitFor("the expiry", ({ node }) => node.state === "expired", 10_000);
    await bed.api.login({ authKey: await control().createAuthKey({ preauthorized: true }) });
    await bed.api.connected();
    expect(await liveAddress(bed, WEB)).toBe(address);
    await bothAnswer();
  });

  it("logs in a machine whose key has expired by its key, at the same address", async () => {
    const { key } = await control().device("ts-own");
    await control().change("ts-own", { expire: new Date(Date.now() - 1_000) });
    await expect.poll(async () => (await control().device("ts-own")).key, { timeout: 30_000 }).not.toBe(key);
    expect((await machineUp(bed, OWN)).address).toBe(own.address);
    await bothAnswer();
  });

  it(`keeps shares among ${STRANGERS} devices, with a small snapshot`, async () => {
    const before = JSON.stringify(await bed.api.snapshot()).length;
    await control().addStrangers(STRANGERS);
    await expect
      .poll(async () => (await bed.desktop.backend.exec(["tailscale", "status"])).stdout.split("\n").length, {
        timeout: 30_000,
      })
      .toBeGreaterThan(STRANGERS);
    await bothAnswer();
    await bed.api.deleteShare(WEB);
    expect(await liveAddress(bed, WEB, await bed.api.putShare(WEB, { mode: "node" }))).toBe(address);
    await bothAnswer();
    expect(JSON.stringify(await bed.api.snapshot()).length).toBeLessThan(before + 2_000);
  });
});
