import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

describe("networks of other kinds than a plain bridge", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  async function share(name: string, port: number): Promise<string> {
    const wanted = { mode: "node" as const, ports: [{ port, protocol: "tcp" as const, nodePort: port }] };
    return await liveAddress(bed, `name:${name}`, await bed.api.putShare(`name:${name}`, wanted));
  }

  it.each([1280, 9000])("carries large answers whole from a network with an MTU of %i", async (mtu) => {
    const network = `nets-mtu-${mtu}`;
    await bed.samples.createNetwork(network, ["-o", `com.docker.network.driver.mtu=${mtu}`]);
    await bed.samples.start({ name: network, http: mtu, networks: [network] });
    const address = await share(network, mtu);
    await reaches(bed.peer, address, `${network} says hello`);
    const visit = ["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{size_download}"];
    const { stdout } = await bed.peer.exec([...visit, `${address}/bytes/20000000`], { timeoutMs: 25_000 });
    expect(stdout).toBe("20000000");
  });

  it("goes by another network of the container where the first lets no container reach another", async () => {
    await bed.samples.createNetwork("nets-a-hard", ["-o", "com.docker.network.bridge.enable_icc=false"]);
    await bed.samples.createNetwork("nets-b-soft");
    await bed.samples.start({ name: "nets-two", http: 8073, networks: ["nets-a-hard", "nets-b-soft"] });
    const address = await share("nets-two", 8073);
    await reaches(bed.peer, address, "nets-two says hello", 30_000);
    await bed.api.waitFor("the other network to be used", ({ workloads }) =>
      workloads.some(({ share: one }) => one?.network.used === "nets-b-soft"),
    );
  });

  it("serves a container on an attachable overlay network", async () => {
    await bed.engine.docker(["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    try {
      await bed.samples.createNetwork("nets-ov", ["-d", "overlay", "--attachable"]);
      await bed.samples.start({ name: "nets-task", http: 8072, networks: ["nets-ov"] });
      await reaches(bed.peer, await share("nets-task", 8072), "nets-task says hello");
      await bed.api.deleteShare("name:nets-task");
      await bed.samples.remove("nets-task");
    } finally {
      await bed.engine.docker(["swarm", "leave", "--force"]);
    }
  });
});
