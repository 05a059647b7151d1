import type { Fault } from "@tailnet-share/contract/errors";
import type { PutShare } from "@tailnet-share/contract/share";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../../src/api.ts";
import type { Bed } from "../../src/bed.ts";
import { labelFlags } from "../../src/lib/bed-id.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import {
  machineContainers,
  machineDirectories,
  noMachines,
  openMachineBed,
  shareOf,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { namespaceOf } from "../fixtures/namespaces.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

/** A port of the engine's own machine that nothing else there uses. */
const HOST_PORT = 18_471;
const TAILSCALE = "tailscale/tailscale:v1.101";
const ON_NODE = "on this node";

describe("a container that cannot be a machine is refused with the reason, and shared on the node instead", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openMachineBed();
    await bed.engine.docker(["tag", bed.images.tailscale, TAILSCALE]);
  });
  afterAll(async () => {
    if (!bed) return;
    await bed.close();
    await bed.engine.tryDocker(["rmi", TAILSCALE]);
  });

  /** Checks that the panel shows the refusal before a click, that the click gets the same one, and that nothing is stored. */
  async function isRefused(name: string, code: Fault["code"], reason: string): Promise<Fault> {
    const id = `name:${name}`;
    const shown = await bed.api.waitFor(
      `${name} to be refused`,
      ({ workloads }) => workloads.find((candidate) => candidate.id === id)?.machine.refusal,
    );
    const refusal: unknown = await bed.api.putShare(id, { mode: "machine" }).catch((error) => error);
    expect(refusal).toBeInstanceOf(ApiError);
    expect(refusal).toMatchObject({ status: 409, fault: { code, message: expect.stringContaining(reason) } });
    expect(shown.message).toContain(reason);
    await nothingIsLeft(id);
    return shown;
  }

  async function nothingIsLeft(id: string): Promise<void> {
    expect(shareOf(await bed.api.snapshot(), id)).toBeNull();
    expect(await machineContainers(bed)).toEqual([]);
    expect(await machineDirectories(bed)).toEqual([]);
  }

  async function worksOnNode(name: string, port: number, says = name): Promise<void> {
    const id = `name:${name}`;
    const share: PutShare = { mode: "node", ports: [{ port, protocol: "tcp" }] };
    const address = await liveAddress(bed, id, await bed.api.putShare(id, share));
    await reaches(bed.peer, address, `${says} says hello`);
    await bed.api.deleteShare(id);
  }

  async function tailscale(name: string, network: string): Promise<void> {
    const argv = ["tailscaled", "--tun=userspace-networking", "--statedir=/s", "--socket=/s/socket"];
    const flags = ["--name", name, "--network", network, "--tmpfs", "/s", ...labelFlags(bed.id)];
    await bed.engine.docker(["run", "-d", ...flags, TAILSCALE, ...argv]);
  }

  it("on the network of the engine's host", async () => {
    await bed.samples.start({ name: "ref-host", http: HOST_PORT, networks: ["host"] });
    expect(await isRefused("ref-host", "NOT_A_MACHINE", "host")).toMatchObject({
      code: "NOT_A_MACHINE",
      hint: expect.stringContaining(ON_NODE),
    });
    await worksOnNode("ref-host", HOST_PORT);
  });

  it("without a network, where the node cannot reach it either", async () => {
    await bed.samples.start({ name: "ref-none", http: 80, networks: ["none"] });
    expect(await isRefused("ref-none", "NOT_SHAREABLE", "no network")).toMatchObject({
      code: "NOT_A_MACHINE",
      hint: "Give it a network.",
    });
  });

  it("in the network of another container, which may be shared as a machine", async () => {
    const owner = await startOnTailnet(bed, "ref-owner");
    await bed.samples.start({ name: "ref-guest", http: 81, expose: [], networks: [`container:${owner.id}`] });
    expect(await isRefused("ref-guest", "NOT_A_MACHINE", "ref-owner")).toMatchObject({
      hint: expect.stringContaining(ON_NODE),
    });
    await worksOnNode("ref-guest", 81);
    const { workloads } = await bed.api.snapshot();
    expect(workloads.find(({ id }) => id === "name:ref-owner")?.machine.refusal).toBeNull();
  });

  it("on internal networks only", async () => {
    await bed.samples.createNetwork(`ref-internal-${bed.id}`, ["--internal"]);
    const networks = [`ref-internal-${bed.id}`];
    await bed.samples.start({ name: "ref-internal", http: 80, networks });
    expect(await isRefused("ref-internal", "NOT_A_MACHINE", "internal")).toMatchObject({
      hint: expect.stringContaining(ON_NODE),
    });
    await worksOnNode("ref-internal", 80);
  });

  it("when it runs tailscale itself", async () => {
    await tailscale("ref-tailscale", bed.tailnet.network.name);
    expect(
      await isRefused("ref-tailscale", "TAILSCALED_PRESENT", "Tailscale already runs in this container"),
    ).toMatchObject({
      hint: expect.stringContaining(ON_NODE),
    });
  });

  it("while a tailscale sidecar runs in its network", async () => {
    const { id } = await startOnTailnet(bed, "ref-sidecar");
    await tailscale("ref-sidecar-of", `container:${id}`);
    expect(
      await isRefused("ref-sidecar", "TAILSCALED_PRESENT", "Tailscale already runs in this container"),
    ).toMatchObject({
      hint: expect.stringContaining(ON_NODE),
    });
    await worksOnNode("ref-sidecar", 80);
    await bed.samples.remove("ref-sidecar-of");
    await bed.api.waitFor("the refusal to be withdrawn", ({ workloads }) =>
      workloads.some(
        (candidate) => candidate.id === "name:ref-sidecar" && candidate.machine.refusal === null,
      ),
    );
  });

  it("when it runs a tailscaled that is invisible from outside: fails before a second one starts", async () => {
    const sample = await startOnTailnet(bed, "ref-taken");
    const hiddenTailscaled = await bed.tailnet.addPeer("ref-stranger", {
      networkFlags: ["--network", `container:${sample.id}`],
    });
    await reaches(bed.peer, `http://${hiddenTailscaled.address}`, "ref-taken says hello");
    const before = await namespaceOf(bed, sample.id);
    const devices = await bed.tailnet.control.listNodes();

    await bed.api.putShare("name:ref-taken", { mode: "machine" });
    const fault = await bed.api.waitFor("the share to fail", (snapshot) => {
      const exposure = shareOf(snapshot, "name:ref-taken")?.exposure;
      return exposure?.state === "failed" ? exposure.fault : null;
    });
    expect(fault).toMatchObject({ code: "TAILSCALED_PRESENT", hint: expect.stringContaining(ON_NODE) });
    expect(await namespaceOf(bed, sample.id)).toEqual(before);
    expect(await bed.tailnet.control.listNodes()).toHaveLength(devices.length);
    await worksOnNode("ref-taken", 80);
    await noMachines(bed);
    await waitFor(async () => (await machineDirectories(bed)).length === 0, {
      what: "nothing to be left of the attempt",
      timeoutMs: 30_000,
    });
    expect(await namespaceOf(bed, sample.id)).toEqual(before);
    await reaches(bed.peer, `http://${hiddenTailscaled.address}`, "ref-taken says hello");
  });

  it("when its name is taken in the tailnet: proposes a free one, and picks it where the user named none", async () => {
    await startOnTailnet(bed, "phone");
    const id = "name:phone";
    expect(await bed.api.checkName("phone", id)).toMatchObject({ taken: true, proposal: "phone-2" });
    const refusal: unknown = await bed.api
      .putShare(id, { mode: "machine", machine: { name: "phone" } })
      .catch((error) => error);
    expect(refusal).toMatchObject({
      fault: { code: "NAME_TAKEN", hint: expect.stringContaining("phone-2") },
    });
    await nothingIsLeft(id);
    const named = shareOf(await bed.api.putShare(id, { mode: "machine" }), id);
    expect(named?.machine?.name).toBe("phone-2");
    await bed.api.deleteShare(id);
  });
});
