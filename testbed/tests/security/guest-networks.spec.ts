import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

describe("other people's networks", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  /** The backend's address on a network; empty when it is not attached. */
  async function backendOn(network: string): Promise<string> {
    const format = `{{with index .NetworkSettings.Networks "${network}"}}{{.IPAddress}}{{end}}`;
    return await bed.engine.docker(["inspect", "-f", format, bed.desktop.backend.containerId]);
  }

  async function faultOf(workload: string): Promise<{ code: string; hint: string }> {
    return await bed.api.waitFor(`${workload} to be refused`, ({ workloads }) => {
      const exposure = workloads.find(({ id }) => id === workload)?.share?.exposure;
      return exposure?.state === "failed" ? exposure.fault : null;
    });
  }

  it("let the backend start, and bring a share back, when they were removed and recreated while it was stopped", async () => {
    await bed.samples.createNetwork("guest-gone");
    await bed.samples.start({ name: "guest-web", http: 8081, networks: ["guest-gone"] });
    const address = await liveAddress(bed, "name:guest-web", await bed.api.putShare("name:guest-web"));
    await bed.desktop.backend.stop();
    await bed.samples.remove("guest-web");
    await bed.engine.docker(["network", "rm", "guest-gone"]);
    await bed.samples.createNetwork("guest-gone");
    await bed.samples.start({ name: "guest-web", http: 8081, networks: ["guest-gone"] });
    await bed.desktop.backend.start();
    await reaches(bed.peer, address, "guest-web says hello", 60_000);
    await bed.api.deleteShare("name:guest-web");
    await bed.samples.remove("guest-web");
  });

  it("keep a fixed address free for the compose service that asks for it, stopped or not yet created", async () => {
    const fixed = "10.213.77.3";
    const project = await bed.samples.project(
      "guestfx",
      {
        web: { environment: { HTTP_PORT: "80", NAME: "fixed-web" }, expose: ["80"], networks: ["n"] },
        db: {
          environment: { TCP_PORT: "5432" },
          networks: { n: { ipv4_address: fixed } },
          depends_on: ["web"],
        },
      },
      { n: { ipam: { config: [{ subnet: "10.213.77.0/24" }] } } },
    );
    await project.up();
    const share = async () => await bed.api.putShare("compose:guestfx/web/1", { mode: "node" });
    const address = await liveAddress(bed, "compose:guestfx/web/1", await share());
    await reaches(bed.peer, address, "fixed-web says hello");
    await project.compose(["stop", "-t", "1", "db"]);
    await bed.api.deleteShare("compose:guestfx/web/1");
    await liveAddress(bed, "compose:guestfx/web/1", await share());
    expect(await backendOn("guestfx_n")).toMatch(/^10\.213\.77\.2\d\d$/);
    await project.compose(["start", "db"]);
    await project.compose(["rm", "-sf", "web", "db"]);
    await project.up();
    await liveAddress(bed, "compose:guestfx/web/1");
    await reaches(bed.peer, address, "fixed-web says hello");
    await bed.api.deleteShare("compose:guestfx/web/1");
    await project.down();
  });

  it("get their address back for a container that is created later and asks for it", async () => {
    await bed.samples.createNetwork("guest-later", ["--subnet", "10.213.78.0/24"]);
    await bed.samples.start({ name: "later-web", http: 8082, networks: ["guest-later"] });
    const address = await liveAddress(bed, "name:later-web", await bed.api.putShare("name:later-web"));
    const wanted = await backendOn("guest-later");
    const create = ["create", "--name", "later-db", "--network", "guest-later", "--ip", wanted];
    await bed.engine.docker([...create, bed.samples.image]);
    await expect.poll(async () => await backendOn("guest-later"), { timeout: 10_000 }).not.toBe(wanted);
    await bed.engine.docker(["start", "later-db"]);
    await reaches(bed.peer, address, "later-web says hello");
    await bed.samples.remove("later-db");
    await bed.api.deleteShare("name:later-web");
    await bed.samples.remove("later-web");
  });

  it("keep their last address, and are joined once another is free", async () => {
    await bed.samples.createNetwork("guest-full", [
      "--subnet=10.213.79.0/24",
      "--ip-range=10.213.79.4/30",
      "--gateway=10.213.79.1",
    ]);
    for (const name of ["full-a", "full-b", "full-c"])
      await bed.samples.start({ name, http: 8083, networks: ["guest-full"] });
    await bed.api.putShare("name:full-a", { mode: "node" });
    const { code, hint } = await faultOf("name:full-a");
    expect(code).toBe("NETWORK_FULL");
    expect(hint).toContain("machine");
    expect(await backendOn("guest-full")).toBe("");
    await bed.samples.remove("full-c");
    await reaches(bed.peer, await liveAddress(bed, "name:full-a"), "full-a says hello");
    await bed.api.deleteShare("name:full-a");
    for (const name of ["full-a", "full-b"]) await bed.samples.remove(name);
  });

  it("removed after a crash, do not stop compose from re-creating the backend as the same device with the same shares", async () => {
    await bed.samples.createNetwork("guest-crash");
    await bed.samples.start({ name: "crash-web", http: 8084, networks: ["guest-crash"] });
    const address = await liveAddress(bed, "name:crash-web", await bed.api.putShare("name:crash-web"));
    const { node: before } = await bed.api.snapshot();
    // The engine treats this as a user's stop, so it doesn't restart the container before the network is gone.
    await bed.engine.docker(["kill", bed.desktop.backend.containerId]);
    await bed.samples.remove("crash-web");
    await bed.engine.docker(["network", "rm", "guest-crash"]);
    const started = await bed.engine.tryDocker(["start", bed.desktop.backend.containerId]);
    expect(started.code).not.toBe(0);
    expect(started.stderr).toContain("not found");
    bed = { ...bed, desktop: await bed.desktop.recreate() };
    await bed.samples.createNetwork("guest-crash");
    await bed.samples.start({ name: "crash-web", http: 8084, networks: ["guest-crash"] });
    await reaches(bed.peer, address, "crash-web says hello", 60_000);
    const { addresses } = await bed.api.connected();
    expect(addresses).toEqual("addresses" in before ? before.addresses : []);
  });
});
