import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../../src/bed.ts";
import { BED_LABEL } from "../../../src/lib/bed-id.ts";
import { machinesByKey, machineUp, noMachines } from "../../fixtures/machines.ts";
import { openBed } from "../../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../../fixtures/visits.ts";

describe("a pod", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await machinesByKey(bed);
    const labels = { [BED_LABEL]: bed.id };
    const Networks = { [bed.tailnet.network.name]: {} };
    await podman("pods/create", { name: "mypod", labels, Networks });
    await member("member-web", "80");
    await member("member-admin", "9000");
    await podman("pods/mypod/start");
  });
  afterAll(async () => {
    await podman("pods/mypod?force=true", null, "DELETE").catch(() => undefined);
    await bed?.close();
  });

  /** Podman's own API, because Docker's has no pods. */
  async function podman(path: string, json: unknown = null, method = "POST"): Promise<string> {
    const socketPath = bed.engine.own?.socket ?? "";
    const headers = { "content-type": "application/json" };
    return await new Promise((resolve, reject) => {
      const sent = request(
        { socketPath, method, path: `/v4.0.0/libpod/${path}`, headers },
        async (answer) => {
          const body = await text(answer);
          if ((answer.statusCode ?? 500) < 400) resolve(body);
          else reject(new Error(`${path}: ${answer.statusCode} ${body}`));
        },
      );
      sent.on("error", reject);
      sent.end(json === null ? undefined : JSON.stringify(json));
    });
  }

  async function member(name: string, port: string): Promise<void> {
    const env = { NAME: name, HTTP_PORT: port };
    const labels = { [BED_LABEL]: bed.id };
    const answer = await podman("containers/create", {
      name,
      image: bed.images.sample,
      pod: "mypod",
      env,
      labels,
    });
    z.object({ Id: z.string() }).parse(JSON.parse(answer));
  }

  it("is one row under its name, and its members say that they are in it", async () => {
    const { workloads } = await bed.api.waitFor("the pod and its members", (snapshot) =>
      snapshot.workloads.length === 3 ? snapshot : null,
    );
    const shown = workloads.map(({ id, image, machine }) => [
      id,
      image === "pod",
      machine.refusal?.message ?? null,
    ]);
    expect(shown.toSorted()).toEqual([
      ["name:member-admin", false, "It is in the pod mypod."],
      ["name:member-web", false, "It is in the pod mypod."],
      ["name:mypod", true, null],
    ]);
  });

  it("shares a member on the node, through the pod's network", async () => {
    const ports = [{ port: 9000, protocol: "tcp" as const }];
    const workload = "name:member-admin";
    const address = await liveAddress(
      bed,
      workload,
      await bed.api.putShare(workload, { mode: "node", ports }),
    );
    await reaches(bed.peer, address, "member-admin says hello");
    await bed.api.deleteShare(workload);
  });

  it("is a machine as a whole, with the ports of all members", async () => {
    await bed.api.putShare("name:mypod", { mode: "machine" });
    const { dnsName } = await machineUp(bed, "name:mypod");
    await reaches(bed.peer, `http://${dnsName}`, "hello to");
    await reaches(bed.peer, `http://${dnsName}:9000`, "hello to");
    await podman("pods/mypod/restart");
    await machineUp(bed, "name:mypod");
    await reaches(bed.peer, `http://${dnsName}`, "hello to", 60_000);
    await bed.api.deleteShare("name:mypod");
    await noMachines(bed);
  });
});
