import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import type { Sample } from "../../src/samples.ts";
import {
  machineContainers,
  machineUp,
  noMachines,
  openMachineBed,
  shareOf,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { type Namespace, namespaceOf, nft } from "../fixtures/namespaces.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

const TAG = "v1.102";
const IMAGE = `tailscale/tailscale:${TAG}`;
/** An image without a tailscaled. */
const BROKEN_TAG = "v1.2";
const BROKEN_IMAGE = `tailscale/tailscale:${BROKEN_TAG}`;
/** Missing at first. */
const LATER_TAG = "v1.98";
const LATER_IMAGE = `tailscale/tailscale:${LATER_TAG}`;
const WORKLOAD = "name:ref-version";

describe("machines run the tailscale version that the user chose", () => {
  let bed: Bed;
  let sample: Sample;
  let found: Namespace;

  beforeAll(async () => {
    bed = await openMachineBed();
    await bed.engine.docker(["tag", bed.images.tailscale, IMAGE]);
    await bed.engine.docker(["tag", bed.images.headscale, BROKEN_IMAGE]);
    sample = await startOnTailnet(bed, "ref-version");
    found = await namespaceOf(bed, sample.id);
  });
  afterAll(async () => {
    if (!bed) return;
    await bed.close();
    await bed.engine.tryDocker(["rmi", IMAGE, BROKEN_IMAGE, LATER_IMAGE]);
  });

  const share = async () => shareOf(await bed.api.snapshot(), WORKLOAD);

  async function up(): Promise<void> {
    await bed.api.putShare(WORKLOAD, { mode: "machine" });
    const { address } = await machineUp(bed, WORKLOAD);
    await reaches(bed.peer, `http://${address}`, `hello to ${bed.peer.address}`);
    await bed.api.waitFor("what listens to be found", (snapshot) => {
      const exposure = shareOf(snapshot, WORKLOAD)?.exposure;
      return exposure?.state === "live" && exposure.endpoints.some(({ port }) => port === 80);
    });
  }

  async function asFound(): Promise<void> {
    await bed.api.deleteShare(WORKLOAD);
    await noMachines(bed);
    expect(await namespaceOf(bed, sample.id)).toEqual(found);
  }

  const fails = async () =>
    await bed.api.waitFor(
      "the share to fail",
      (snapshot) => {
        const exposure = shareOf(snapshot, WORKLOAD)?.exposure;
        return exposure?.state === "failed" && exposure.fault;
      },
      10_000,
    );

  async function imageOfMachine(): Promise<string> {
    const [id = "", ...others] = await machineContainers(bed);
    expect(others).toEqual([]);
    expect(id).not.toBe("");
    return await bed.engine.docker(["inspect", "-f", "{{.Config.Image}}", id]);
  }

  it("runs a local image, shows it, guards it like the bundled one, and finds its ports", async () => {
    await bed.api.patchSettings({ machineTailscale: TAG });
    await up();
    expect(await imageOfMachine()).toBe(IMAGE);
    expect((await share())?.machine?.version).toMatch(/^1\.102\.\d+/);
    const guard = await nft(bed, sample.id, ["list", "table", "inet", "tailnet_share_machine"]);
    expect(guard).toContain("chain leaving");
  });

  it("leaves nothing when it is unshared, or was killed before", async () => {
    await asFound();
    await up();
    const [id = ""] = await machineContainers(bed);
    await bed.engine.docker(["kill", "-s", "KILL", id]);
    await asFound();
  });

  it("runs the bundled version again, as the same machine, when the choice is reset", async () => {
    await up();
    const before = await machineUp(bed, WORKLOAD);
    await bed.api.patchSettings({ machineTailscale: "" });
    await expect.poll(async () => (await share())?.exposure.state).toBe("pending");
    expect(await machineUp(bed, WORKLOAD)).toEqual(before);
    expect(await imageOfMachine()).not.toBe(IMAGE);
    await asFound();
  });

  it("reports an image that cannot be pulled at once, and only machines that need it fail", async () => {
    await startOnTailnet(bed, "ref-on-node", { http: 8080 });
    const ports = [{ port: 8080, protocol: "tcp" as const }];
    const onNode = await bed.api.putShare("name:ref-on-node", { mode: "node", ports });
    const address = await liveAddress(bed, "name:ref-on-node", onNode);
    await bed.api.patchSettings({ machineTailscale: "v1.1" });
    await bed.api.putShare(WORKLOAD, { mode: "machine" });
    expect(await fails()).toMatchObject({
      code: "IMAGE_UNAVAILABLE",
      message: expect.stringContaining("tailscale/tailscale:v1.1"),
      hint: expect.stringContaining("bundled version"),
    });
    expect(await namespaceOf(bed, sample.id)).toEqual(found);
    const { alerts, node, engine } = await bed.api.snapshot();
    expect([alerts, node.state, engine.state]).toEqual([[], "connected", "connected"]);
    await reaches(bed.peer, address, "ref-on-node says hello");
    await bed.api.patchSettings({ machineTailscale: "" });
    await machineUp(bed, WORKLOAD);
    await asFound();
  });

  it("keeps running the current version until one that cannot be pulled becomes available", async () => {
    await up();
    const before = await machineContainers(bed);
    await bed.api.patchSettings({ machineTailscale: LATER_TAG });
    const alert = await bed.api.waitFor("to be told of", ({ alerts }) =>
      alerts.find(({ code }) => code === "IMAGE_UNAVAILABLE"),
    );
    expect(alert.message).toContain(LATER_IMAGE);
    expect((await share())?.exposure.state).toBe("live");
    const { address } = await machineUp(bed, WORKLOAD);
    await reaches(bed.peer, `http://${address}`, `hello to ${bed.peer.address}`);
    expect(await machineContainers(bed)).toEqual(before);
    await bed.engine.docker(["tag", bed.images.tailscale, LATER_IMAGE]);
    // Any click retries it at once.
    await bed.api.patchSettings({ machineTailscale: LATER_TAG });
    await expect.poll(imageOfMachine, { timeout: 20_000 }).toBe(LATER_IMAGE);
    await machineUp(bed, WORKLOAD);
    expect((await bed.api.snapshot()).alerts).toEqual([]);
    await bed.api.patchSettings({ machineTailscale: "" });
    await asFound();
  });

  it("leaves nothing in the container's network when an image does not start", async () => {
    await bed.api.patchSettings({ machineTailscale: BROKEN_TAG });
    await bed.api.putShare(WORKLOAD, { mode: "machine" });
    expect(await fails()).toMatchObject({ message: expect.stringContaining("/usr/local/bin/tailscaled") });
    await asFound();
  });
});
