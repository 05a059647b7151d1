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
