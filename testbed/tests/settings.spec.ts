import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import type { TailscaleApiStandIn } from "../src/tailnet/tailscale-api.ts";
import { devicesOf, machineUp, startOnTailnet } from "./fixtures/machines.ts";
import { openBedWithApi } from "./fixtures/open-bed.ts";
import { reaches } from "./fixtures/visits.ts";

describe("what the settings change, without a restart", () => {
  let bed: Bed;
  let tailscaleApi: TailscaleApiStandIn;

  beforeAll(async () => {
    ({ bed, tailscaleApi } = await openBedWithApi());
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  const inProject = (service: string) => ({
    labels: { "com.docker.compose.project": "My_Shop", "com.docker.compose.service": service },
  });
  const proposed = async (workload: string) =>
    (await bed.api.snapshot()).workloads.find(({ id }) => id === workload)?.machine.name;

  it("other tags are refused where no OAuth client is stored, with a next step", async () => {
    await expect(bed.api.patchSettings({ machineTags: ["tag:ci"] })).rejects.toMatchObject({
      fault: { code: "BAD_REQUEST", hint: expect.stringContaining("OAuth client") },
    });
  });

  it("other tags for the OAuth client are tried with it, its secret is not entered again, and new machines have them", async () => {
    const { clientId, clientSecret, tags } = tailscaleApi.client;
    const credential = { kind: "oauth" as const, clientId, clientSecret, tags: [...tags] };
    await bed.api.patchSettings({ machineCredential: credential });
    await expect(bed.api.patchSettings({ machineTags: ["tag:ci"] })).rejects.toMatchObject({
      fault: { code: "CREDENTIAL_REFUSED", message: expect.stringContaining("tag:ci") },
    });
    expect((await bed.api.snapshot()).settings.machineCredential).toMatchObject({ tags });
    await tailscaleApi.change({
      clients: [{ ...tailscaleApi.client, tags: ["tag:ci"] }],
      tagOwners: { "tag:ci": ["autogroup:admin"] },
    });
    const { settings } = await bed.api.patchSettings({ machineTags: ["tag:ci"] });
    expect(settings.machineCredential).toEqual({ kind: "oauth", clientId, tags: ["tag:ci"], ending: "stuv" });
    await startOnTailnet(bed, "set-web", inProject("web"));
    await bed.api.putShare("compose:My_Shop/web/1");
    await machineUp(bed, "compose:My_Shop/web/1");
    expect(await devicesOf(bed, "web")).toMatchObject([{ tags: ["tag:ci"], online: true }]);
  });

  it("names with the compose project are proposed at once for new machines, and those there are keep theirs", async () => {
    await startOnTailnet(bed, "set-shop", inProject("db"));
    expect(await proposed("compose:My_Shop/db/1")).toBe("db");
    const { workloads } = await bed.api.patchSettings({ machineNames: "project-service" });
    expect(workloads.find(({ id }) => id === "compose:My_Shop/db/1")?.machine.name).toBe("my-shop-db");
    await bed.api.putShare("compose:My_Shop/db/1");
    await machineUp(bed, "compose:My_Shop/db/1");
    await reaches(bed.peer, "http://my-shop-db.tail.test", "set-shop says hello");
    await bed.api.patchSettings({ machineNames: "service" });
    for (const [service, name] of [
      ["web", "web"],
      ["db", "my-shop-db"],
    ]) {
      const workload = `compose:My_Shop/${service}/1`;
      await bed.api.putShare(workload);
      expect(await proposed(workload)).toBe(name);
      expect((await machineUp(bed, workload)).dnsName).toBe(`${name}.tail.test`);
    }
  });

  it("they are there again after the backend was killed, and what is none is refused", async () => {
    await bed.api.patchSettings({ machineNames: "project-service", updateNotices: "security" });
    await expect(
      bed.api.raw({ method: "PATCH", url: "/settings", data: { updateNotices: "sometimes" } }),
    ).rejects.toMatchObject({ fault: { code: "BAD_REQUEST" } });
    await bed.engine.docker(["kill", bed.desktop.backend.containerId]);
    await bed.engine.docker(["start", bed.desktop.backend.containerId]);
    const { settings } = await bed.api.waitFor("the backend", (snapshot) => snapshot);
    expect(settings).toMatchObject({ machineNames: "project-service", updateNotices: "security" });
  });
});
