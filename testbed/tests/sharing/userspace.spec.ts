import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../src/bed.ts";
import { type Backend, createBackend } from "../../src/desktop/backend.ts";
import { machineryFlags } from "../../src/lib/bed-id.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import { TAILSCALED_TEST_ENV } from "../../src/tailnet/peer.ts";
import { machinesByKey, machineUp, shareOf, startOnTailnet } from "../fixtures/machines.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { addressesOn, addressOf, listenIn, startIntruder } from "../fixtures/packets.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";
import { takeTunAway } from "../fixtures/without-tun.ts";

describe("an engine without a TUN device", () => {
  let bed: Bed;
  let backend: Backend;

  beforeAll(async () => {
    bed = await openBed();
    backend = await takeTunAway(bed);
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  it("is reported, with its consequences and the remedy", async () => {
    const { dataPlane } = await bed.api.snapshot();
    expect(dataPlane.fault).toMatchObject({ code: "NO_TUN", message: expect.stringContaining("TCP only") });
  });

  it("shares a TCP port, and stops sharing it", async () => {
    await bed.samples.createNetwork("bed-userspace");
    await bed.samples.start({ name: "web", http: 8080, networks: ["bed-userspace"] });
    const address = await liveAddress(bed, "name:web", await bed.api.putShare("name:web"));
    await reaches(bed.peer, address, "web says hello");
    await bed.api.deleteShare("name:web");
    expect(await bed.peer.fetch(address, { timeoutMs: 3_000 })).toMatchObject({ ok: false });
  });

  it("routes nothing between networks for a host that uses it as a gateway [S024]", async () => {
    await liveAddress(bed, "name:web", await bed.api.putShare("name:web"));
    const intruder = await startIntruder(bed, "us-intruder", "bed-userspace");
    const { four: beside } = await addressesOn(bed, backend.containerId, "bed-userspace");
    const victim = await addressOf(bed, bed.peer.containerId);
    const peerListener = await listenIn(bed, bed.peer.containerId, 8003);
    await intruder.routeBy(`${victim}/32`, beside);
    await intruder.forge(intruder.address, victim, 8003);
    expect(await peerListener.allSources()).toEqual([]);
    await bed.api.deleteShare("name:web");
  });

  it("says that it cannot share a UDP port", async () => {
    await bed.samples.start({ name: "echo", udp: 5353 });
    const { workloads } = await bed.api.putShare("name:echo");
    expect(workloads.find(({ id }) => id === "name:echo")?.share?.exposure).toMatchObject({
      state: "failed",
      fault: { code: "UDP_NEEDS_TUN" },
    });
    await bed.api.deleteShare("name:echo");
  });

  it("shares a container as its own machine, which answers by its own name", async () => {
    await machinesByKey(bed);
    const sample = await startOnTailnet(bed, "us-own", { tcp: 9000, udp: 5353 });
    const surroundings = async () => {
      const program = ["sh", "-c", "ls /sys/class/net; cat /etc/resolv.conf /proc/net/route"];
      return await bed.engine.docker(["exec", sample.id, ...program]);
    };
    const before = await surroundings();
    await bed.api.putShare("name:us-own", { mode: "machine" });
    const { dnsName, address } = await machineUp(bed, "name:us-own");
    expect(dnsName).toBe("us-own.tail.test");
    await reaches(bed.peer, "http://us-own.tail.test", "us-own says hello");
    const echo = await bed.peer.exec(["python3", "/opt/udp-echo.py", address, "5353", "hello"]);
    expect(echo.stdout).toContain("hello");
    expect(await surroundings()).toBe(before);
    const addresses = await bed.api.waitFor("what listens to be found", (snapshot) => {
      const exposure = shareOf(snapshot, "name:us-own")?.exposure;
      return exposure?.state === "live" && exposure.endpoints.length > 0
        ? exposure.endpoints.map((endpoint) => endpoint.address)
        : null;
    });
    expect(addresses).toEqual([
      "http://us-own.tail.test",
      "us-own.tail.test:5353",
      "http://us-own.tail.test:9000",
    ]);
    await bed.api.deleteShare("name:us-own");
    await waitFor(async () => !(await bed.peer.fetch(`http://${address}`, { timeoutMs: 1_000 })).ok, {
      what: "the machine to be unreachable",
      timeoutMs: 5_000,
    });
    expect(await surroundings()).toBe(before);
  });

  it("checks a share on the node by a visit from a machine's tailscaled", async () => {
    await liveAddress(bed, "name:web", await bed.api.putShare("name:web", { mode: "node" }));
    await bed.api.putShare("name:us-own", { mode: "machine" });
    await machineUp(bed, "name:us-own");
    const visit = async () =>
      (await bed.api.check("name:web")).hops.find(({ hop }) => hop === "machine-visit");
    await expect.poll(visit, { timeout: 30_000 }).toMatchObject({ detail: "port 8080 answered us-own" });
    await bed.api.deleteShare("name:us-own");
    await bed.api.deleteShare("name:web");
  });

  it("forwards exactly what is shared after it is killed and restarted at any moment [S067]", async () => {
    const url = (port: string) => `http://docker.tail.test:${port}`;
    const ports = await Promise.all(
      ["one", "two"].map(async (name, index) => {
        await bed.samples.start({ name, http: 8081 + index, networks: ["bed-userspace"] });
        return [name, String(8081 + index)] as const;
      }),
    );
    for (const [round, stored] of [["one"], ["one", "two"], ["two"], [], ["two"], ["one"]].entries()) {
      const calls = ports.map(async ([name]) =>
        stored.includes(name)
          ? bed.api.putShare(`name:${name}`, { mode: "node" })
          : bed.api.deleteShare(`name:${name}`),
      );
      // In the middle of it, or right after: the call returns once the change is stored, while reconciling continues.
      await Promise.all(calls);
      if (round % 2 === 1) await bed.api.waitFor("what is shared to be live", isSettled);
      await backend.kill();
      await waitFor(async () => !(await runs(backend.containerId)), { what: "its end", timeoutMs: 10_000 });
      await backend.start();
      await bed.api.waitFor("what is shared to be live again", isSettled, 20_000);
      const wanted = ports.filter(([name]) => stored.includes(name)).map(([, port]) => port);
      await waitFor(async () => JSON.stringify(await forwarded(backend)) === JSON.stringify(wanted), {
        what: `round ${round}: just ${wanted.join() || "nothing"} to be forwarded`,
        timeoutMs: 10_000,
      });
      for (const [name, port] of ports) {
        if (stored.includes(name)) await reaches(bed.peer, url(port), `${name} says hello`);
        else expect(await bed.peer.fetch(url(port), { timeoutMs: 3_000 })).toMatchObject({ ok: false });
      }
    }
  });

  it("leaves nothing that tailscaled would forward after a kill [S066]", async () => {
    const address = await liveAddress(bed, "name:one", await bed.api.putShare("name:one", { mode: "node" }));
    await reaches(bed.peer, address, "one says hello");
    await backend.kill();
    await waitFor(async () => !(await runs(backend.containerId)), { what: "its end", timeoutMs: 10_000 });
    // The same tailscaled with the same state, but without a backend.
    const socket = "/var/lib/tailnet-share/alone.sock";
    const alone = createBackend(
      bed.engine,
      await bed.engine.docker([
        ...["run", "-d", "--init", ...machineryFlags(bed.id), "--network", bed.tailnet.network.name],
        ...["-v", `tailnet-share-${bed.id}_state:/var/lib/tailnet-share`],
        ...Object.entries(TAILSCALED_TEST_ENV).flatMap(([name, value]) => ["-e", `${name}=${value}`]),
        ...["--entrypoint", "/usr/local/bin/tailscaled", bed.images.product],
        ...["--statedir=/var/lib/tailnet-share/node", `--socket=${socket}`, "--tun=userspace-networking"],
      ]),
    );
    try {
      const online = async () =>
        /"Online": true/.test(
          (await alone.exec(["tailscale", `--socket=${socket}`, "status", "--json", "--peers=false"])).stdout,
        );
      await waitFor(online, { what: "tailscaled to be on the tailnet by itself", timeoutMs: 20_000 });
      expect(await forwarded(alone, socket)).toEqual([]);
      expect(await bed.peer.fetch(address, { timeoutMs: 3_000 })).toMatchObject({ ok: false });
    } finally {
      await bed.engine.docker(["rm", "-f", alone.containerId]);
    }
    await backend.start();
    await reaches(bed.peer, address, "one says hello", 20_000);
  });

  it("shares in the kernel once there is a TUN, without old forwards in the way [S068]", async () => {
    await liveAddress(bed, "name:one", await bed.api.putShare("name:one", { mode: "node" }));
    await backend.stop();
    await bed.desktop.backend.start();
    await bed.api.waitFor("the kernel's data plane", ({ dataPlane }) => dataPlane.mode === "kernel");
    const address = await liveAddress(bed, "name:one");
    await reaches(bed.peer, address, "one says hello");
    expect(await forwarded(bed.desktop.backend)).toEqual([]);
    await bed.api.deleteShare("name:one");
    expect(await bed.peer.fetch(address, { timeoutMs: 3_000 })).toMatchObject({ ok: false });
  });

  async function runs(containerId: string): Promise<boolean> {
    return (await bed.engine.docker(["inspect", "-f", "{{.State.Running}}", containerId])) === "true";
  }
});

function isSettled({ workloads, node }: Snapshot): boolean {
  return (
    node.state === "connected" &&
    workloads.every(({ share }) => share === null || share.exposure.state === "live")
  );
}

const Served = z.object({
  TCP: z.record(z.string(), z.unknown()).optional(),
  Foreground: z
    .record(z.string(), z.object({ TCP: z.record(z.string(), z.unknown()).optional() }))
    .optional(),
});

/** Ports that a tailscaled forwards on its own, from its status, sorted. */
async function forwarded(backend: Backend, socket = "/var/run/tailscale/tailscaled.sock"): Promise<string[]> {
  const { code, stdout, stderr } = await backend.exec([
    "tailscale",
    `--socket=${socket}`,
    "serve",
    "status",
    "--json",
  ]);
  if (code !== 0) throw new Error(`tailscaled does not tell what it serves: ${stderr}`);
  const { TCP, Foreground } = Served.parse(JSON.parse(stdout));
  return [TCP, ...Object.values(Foreground ?? {}).map((session) => session.TCP)]
    .flatMap((ports) => Object.keys(ports ?? {}))
    .toSorted();
}
