import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { labelFlags } from "../../src/lib/bed-id.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import type { Sample } from "../../src/samples.ts";
import { installationOf, machineUp, openMachineBed, startOnTailnet } from "../fixtures/machines.ts";
import { shellLessImage, startShellLess } from "./shell-less-image.ts";

const SERVED = {
  tcp: [
    ["0.0.0.0", 8080],
    ["::", 8081],
    ["127.0.0.1", 9000],
    ["::1", 9001],
  ],
  udp: [
    ["0.0.0.0", 5353],
    ["127.0.0.1", 5354],
    ["::", 5355],
  ],
} as const;
const ANY = { at: "any", families: ["ipv4"] };
const BOTH = { at: "any", families: ["ipv4", "ipv6"] };
const FOUND = {
  ports: [
    { port: 5353, protocol: "udp", ...ANY },
    { port: 5354, protocol: "udp", at: "loopback", families: ["ipv4"] },
    { port: 5355, protocol: "udp", at: "any", families: ["ipv6"] },
    { port: 8080, protocol: "tcp", ...ANY },
    { port: 8081, protocol: "tcp", at: "any", families: ["ipv6"] },
    { port: 9000, protocol: "tcp", at: "loopback", families: ["ipv4"] },
    { port: 9001, protocol: "tcp", at: "loopback", families: ["ipv6"] },
  ],
  fault: null,
};

describe("finding a container's listeners without a connection to it and without a shell in it", () => {
  let bed: Bed;
  let image: string;
  let installation: string;
  let bare: Sample;

  beforeAll(async () => {
    bed = await openMachineBed();
    installation = await installationOf(bed);
    image = await shellLessImage(bed);
    bare = await startShellLess(bed, image, "mv-bare", SERVED, bed.tailnet.network.name);
  });
  afterAll(async () => {
    if (!bed) return;
    await bed.close();
    await bed.engine.tryDocker(["rmi", image]);
  });

  const ours = () => [
    ...["--filter", "label=tailnet-share.role=helper"],
    ...["--filter", `label=tailnet-share.installation=${installation}`],
  ];
  const helpers = async () => await bed.engine.docker(["ps", "-aq", "--no-trunc", ...ours()]);

  /** Helpers created since then, by the engine's clock, including removed ones. */
  async function madeSince(since: string): Promise<readonly string[]> {
    const until = await now();
    const made = ["events", "--since", since, "--until", until, "--filter", "event=create", ...ours()];
    const ids = await bed.engine.docker([...made, "--format", "{{.ID}}"]);
    return ids.split("\n").filter((id) => id !== "");
  }
  const now = async () => await bed.engine.docker(["info", "-f", "{{.SystemTime}}"]);

  it("finds both address families, TCP and UDP, and what only the container itself can reach", async () => {
    expect((await bed.engine.tryDocker(["exec", bare.id, "/bin/sh", "-c", "true"])).code).not.toBe(0);
    const asked = performance.now();
    expect(await bed.api.listening("name:mv-bare")).toEqual(FOUND);
    expect(performance.now() - asked).toBeLessThan(3_000);
    expect(await bed.engine.docker(["logs", bare.id])).toBe("ready");
    expect(await helpers()).toBe("");
  });

  it("answers two requests at once by one helper", async () => {
    await bed.samples.start({ name: "mv-two", http: 80 });
    await bed.api.waitFor("it to be listed", ({ workloads }) =>
      workloads.some(({ name }) => name === "mv-two"),
    );
    const since = await now();
    const both = await Promise.all([bed.api.listening("name:mv-two"), bed.api.listening("name:mv-two")]);
    expect(both[0]).toEqual({ ports: [{ port: 80, protocol: "tcp", ...BOTH }], fault: null });
    expect(both[1]).toEqual(both[0]);
    expect(await madeSince(since)).toHaveLength(1);
  });

  it("uses a helper without any rights, which exists only for that time [S121]", async () => {
    // It lives for half a second, so inspecting it may need another one.
    const host = await waitFor(
      async () => {
        let isAnswered = false;
        const asked = bed.api.listening("name:mv-bare").finally(() => {
          isAnswered = true;
        });
        let inspected = "";
        while (!isAnswered && inspected === "") {
          const [id = ""] = (await helpers()).split("\n");
          if (id !== "")
            inspected = (await bed.engine.tryDocker(["inspect", "-f", "{{json .}}", id])).stdout.trim();
        }
        expect(await asked).toEqual(FOUND);
        return inspected === "" ? null : (JSON.parse(inspected) as Inspected);
      },
      { what: "a helper to be seen", timeoutMs: 60_000 },
    );
    expect(host.HostConfig).toMatchObject({
      NetworkMode: `container:${bare.id}`,
      CapDrop: ["ALL"],
      ReadonlyRootfs: true,
      SecurityOpt: ["no-new-privileges:true"],
      Memory: 128 * 2 ** 20,
      PidsLimit: 64,
      Privileged: false,
    });
    expect(host.HostConfig.CapAdd ?? []).toEqual([]);
    expect(host.HostConfig.Devices ?? []).toEqual([]);
    expect(host.Mounts).toEqual([]);
    expect(host.Config.User).toBe("65534:65534");
    await waitFor(async () => (await helpers()) === "", { what: "the helper to be gone", timeoutMs: 5_000 });
  });

  it("asks a machine's own tailscaled, and reports the application's listeners only", async () => {
    await startOnTailnet(bed, "mv-machine", { udp: 5353 });
    await bed.api.putShare("name:mv-machine", { mode: "machine" });
    await machineUp(bed, "name:mv-machine");
    const since = await now();
    expect(await bed.api.listening("name:mv-machine")).toEqual({
      ports: [
        { port: 80, protocol: "tcp", ...BOTH },
        { port: 5353, protocol: "udp", ...ANY },
      ],
      fault: null,
    });
    expect(await madeSince(since)).toEqual([]);
  });

  it("says why it cannot tell for a container on the host's network", async () => {
    await bed.samples.start({ name: "mv-host", http: 47_123, networks: ["host"] });
    const { ports, fault } = await bed.api.listening("name:mv-host");
    expect([ports, fault?.code]).toEqual([[], "NO_NETWORK"]);
    expect(fault?.message).toContain("host");
  });

  it("reports the shared network's listeners for a container in another's network, and nothing for an ended one", async () => {
    const networks = [`container:${bare.id}`];
    await bed.samples.start({ name: "mv-beside", http: 9002, bind: "127.0.0.1", expose: [], networks });
    const beside = { port: 9002, protocol: "tcp", at: "loopback", families: ["ipv4"] };
    expect(await bed.api.listening("name:mv-beside")).toEqual({
      ...FOUND,
      ports: [...FOUND.ports, beside],
    });
    await bed.engine.docker(["stop", "-t", "1", bare.id]);
    await bed.api.waitFor("it to have stopped", ({ workloads }) =>
      workloads.some(({ name, run }) => name === "mv-bare" && run === "stopped"),
    );
    expect(await bed.api.listening("name:mv-bare")).toMatchObject({
      ports: [],
      fault: { code: "CONTAINER_NOT_RUNNING" },
    });
    await expect(bed.api.listening("name:mv-none")).rejects.toMatchObject({
      status: 404,
      fault: { code: "UNKNOWN_WORKLOAD" },
    });
  });

  it("removes a helper that a killed backend left behind [S122]", async () => {
    const labels = { role: "helper", installation, machine: "look-0123456789ab" };
    await bed.desktop.backend.kill();
    await bed.engine.docker([
      ...["run", "-d", ...labelFlags(bed.id)],
      ...Object.entries(labels).flatMap(([name, value]) => ["--label", `tailnet-share.${name}=${value}`]),
      bed.images.sample,
    ]);
    await waitFor(async () => (await helpers()) === "", { what: "the helper to be gone", timeoutMs: 30_000 });
  });
});

interface Inspected {
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly Config: { readonly User: string };
  readonly Mounts: readonly unknown[];
}
