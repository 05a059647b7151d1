import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { BED_LABEL, machineryFlags } from "../../src/lib/bed-id.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

describe("networks other than a plain bridge", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  /** Runs a script on the engine's own network interfaces. */
  async function onEngine(script: string): Promise<string> {
    const flags = ["--rm", "--network", "host", "--cap-add", "NET_ADMIN", ...machineryFlags(bed.id)];
    return await bed.engine.docker(["run", ...flags, "--entrypoint", "sh", bed.images.peer, "-c", script]);
  }

  async function share(name: string, port: number): Promise<string> {
    const wanted = { mode: "node" as const, ports: [{ port, protocol: "tcp" as const, nodePort: port }] };
    return await liveAddress(bed, `name:${name}`, await bed.api.putShare(`name:${name}`, wanted));
  }

  it.each([1280, 9000])("carries large answers completely from a network with an MTU of %i", async (mtu) => {
    const network = `nets-mtu-${mtu}`;
    await bed.samples.createNetwork(network, ["-o", `com.docker.network.driver.mtu=${mtu}`]);
    await bed.samples.start({ name: network, http: mtu, networks: [network] });
    const address = await share(network, mtu);
    await reaches(bed.peer, address, `${network} says hello`);
    const visit = ["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{size_download}"];
    const { stdout } = await bed.peer.exec([...visit, `${address}/bytes/20000000`], { timeoutMs: 25_000 });
    expect(stdout).toBe("20000000");
  });

  it("uses another network of the container where the first isolates its containers", async () => {
    await bed.samples.createNetwork("nets-a-hard", ["-o", "com.docker.network.bridge.enable_icc=false"]);
    await bed.samples.createNetwork("nets-b-soft");
    await bed.samples.start({ name: "nets-two", http: 8073, networks: ["nets-a-hard", "nets-b-soft"] });
    const address = await share("nets-two", 8073);
    await reaches(bed.peer, address, "nets-two says hello", 30_000);
    await bed.api.waitFor("the other network to be used", ({ workloads }) =>
      workloads.some(({ share: candidate }) => candidate?.network.used === "nets-b-soft"),
    );
  });

  it("shares a container on a macvlan network, and keeps sharing one on a bridge", async () => {
    // A veth pair: macvlan's parent and its peer.
    const [parent, other] = [`mv-${bed.id}`, `mw-${bed.id}`];
    await onEngine(
      `ip link add ${parent} type veth peer name ${other} && ip link set ${parent} up && ip link set ${other} up`,
    );
    try {
      await bed.samples.createNetwork("nets-lan", [
        ...["-d", "macvlan", "-o", `parent=${parent}`],
        ...["--subnet", "198.51.100.0/24", "--ip-range", "198.51.100.64/27"],
      ]);
      await bed.samples.start({ name: "nets-bridge", http: 8070 });
      await bed.samples.start({ name: "nets-cam", http: 8071, networks: ["nets-lan"] });
      const bridge = await share("nets-bridge", 8070);
      await reaches(bed.peer, await share("nets-cam", 8071), "nets-cam says hello");
      await reaches(bed.peer, bridge, "nets-bridge says hello");
      await bed.api.deleteShare("name:nets-cam");
      await bed.samples.remove("nets-cam");
      // The network has no members left.
      await bed.engine.docker(["network", "rm", "nets-lan"]);
    } finally {
      await onEngine(`ip link del ${parent}`);
    }
  });

  it("shares a container and a swarm service on an attachable overlay network, and explains why it cannot on another", async () => {
    await bed.engine.docker(["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    try {
      await bed.samples.createNetwork("nets-ov", ["-d", "overlay", "--attachable"]);
      await bed.samples.start({ name: "nets-task", http: 8072, networks: ["nets-ov"] });
      await reaches(bed.peer, await share("nets-task", 8072), "nets-task says hello");
      await bed.api.deleteShare("name:nets-task");
      await bed.samples.remove("nets-task");
      await followsServices();
    } finally {
      await bed.engine.docker(["swarm", "leave", "--force"]);
    }
  });

  async function startService(name: string, port: number, network: string): Promise<void> {
    const flags = ["--name", name, "--network", network, "--endpoint-mode", "dnsrr", "--no-resolve-image"];
    const environment = ["--env", `HTTP_PORT=${port}`, "--env", `NAME=${name}`];
    const labels = ["--container-label", `${BED_LABEL}=${bed.id}`];
    await bed.engine.docker(["service", "create", ...flags, ...environment, ...labels, bed.images.sample]);
    await bed.api.waitFor(`${name}'s task`, ({ workloads }) =>
      workloads.some(({ id, run }) => id === `swarm:${name}/1` && run === "running"),
    );
  }

  /** Each update of a service replaces a task's container with a differently named one. */
  async function followsServices(): Promise<void> {
    const open = { mode: "node" as const, ports: [{ port: 8093, protocol: "tcp" as const, nodePort: 8093 }] };
    await startService("nets-svc", 8093, "nets-ov");
    const before = await bed.api.putShare("swarm:nets-svc/1", open);
    const address = await liveAddress(bed, "swarm:nets-svc/1", before);
    await reaches(bed.peer, address, "nets-svc says hello");
    await bed.engine.docker(["service", "update", "--force", "nets-svc"], { timeoutMs: 60_000 });
    await reaches(bed.peer, address, "nets-svc says hello");
    const taskOf = (snapshot: Snapshot) =>
      snapshot.workloads.find(({ id }) => id === "swarm:nets-svc/1")?.containerId;
    expect(taskOf(await bed.api.snapshot())).not.toBe(taskOf(before));
    await bed.api.deleteShare("swarm:nets-svc/1");

    await bed.samples.createNetwork("nets-shut", ["-d", "overlay"]);
    await startService("nets-in", 8094, "nets-shut");
    await bed.api.putShare("swarm:nets-in/1", { ...open, ports: [{ port: 8094, protocol: "tcp" }] });
    const fault = await bed.api.waitFor("the reason", ({ workloads }) => {
      const exposure = workloads.find(({ id }) => id === "swarm:nets-in/1")?.share?.exposure;
      return exposure?.state === "failed" ? exposure.fault : null;
    });
    expect(fault).toMatchObject({
      code: "NETWORK_NOT_JOINABLE",
      hint: expect.stringContaining("attachable"),
    });
    await bed.api.deleteShare("swarm:nets-in/1");
    await bed.engine.docker(["service", "rm", "nets-svc", "nets-in"]);
  }
});
