import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { openBedOnEngineSocket } from "../fixtures/open-bed.ts";
import { liveAddress, reaches, refused } from "../fixtures/visits.ts";

/** Time limit for tailscaled and the control server. An engine's restart alone takes longer. */
const BACK_WITHIN_MS = 30_000;

describe("shares recover without intervention", () => {
  let bed: Bed;
  const addresses = new Map<string, string>();

  beforeAll(async () => {
    bed = await openBedOnEngineSocket();
    await bed.login();
    await bed.samples.createNetwork("bed-recovery");
    const restart = ["--restart", "unless-stopped"];
    await bed.samples.start({ name: "one", http: 8080, flags: restart });
    await bed.samples.start({ name: "two", http: 8080, networks: ["bed-recovery"], flags: restart });
    for (const name of ["one", "two"]) {
      addresses.set(name, await liveAddress(bed, `name:${name}`, await bed.api.putShare(`name:${name}`)));
    }
    await allReachable();
  });
  afterAll(async () => await bed?.close());

  /** Checks that all are reachable within one time limit, counted from the end of the fault. Milliseconds. */
  async function allReachable(within = 60_000): Promise<void> {
    const end = Date.now() + within;
    for (const [name, address] of addresses)
      await reaches(bed.peer, address, `${name} says hello`, Math.max(1, end - Date.now()));
  }

  async function nodes(): Promise<string[]> {
    return (await bed.tailnet.control.listNodes()).map(({ given_name }) => given_name).toSorted();
  }

  it("stay reachable while the control server is away", async () => {
    const { control } = bed.tailnet;
    const address = addresses.get("two") ?? "";
    // The bed's relay runs in the control server, so only devices with a direct connection can do without it.
    const argv = ["tailscale", "ping", "--until-direct", "-c", "30", new URL(address).hostname];
    const direct = await bed.peer.exec(argv, { timeoutMs: 40_000 });
    expect(direct.code, direct.stdout).toBe(0);
    await control.stop();
    try {
      await reaches(bed.peer, address, "two says hello");
      await bed.api.deleteShare("name:two");
      await refused(bed.peer, address);
      expect(await liveAddress(bed, "name:two", await bed.api.putShare("name:two"))).toBe(address);
      await reaches(bed.peer, address, "two says hello");
    } finally {
      await control.start();
    }
    await allReachable(BACK_WITHIN_MS);
  });

  it("recover after the backend was killed", async () => {
    const before = await bed.desktop.backend.startCount();
    await bed.desktop.backend.kill();
    await startedAgain(before);
    await allReachable();
    expect(await nodes()).toEqual(["docker", "phone"]);
  });

  it("recover after tailscaled was killed, with a single tailscaled afterwards", async () => {
    const [before] = await bed.desktop.backend.pidsOf("tailscaled");
    await bed.desktop.backend.kill("tailscaled");
    await expect
      .poll(async () => await bed.desktop.backend.pidsOf("tailscaled"), { timeout: 30_000 })
      .not.toEqual([before]);
    await allReachable(BACK_WITHIN_MS);
    expect(await bed.desktop.backend.pidsOf("tailscaled")).toHaveLength(1);
    expect(await nodes()).toEqual(["docker", "phone"]);
  });

  it("recover after the engine was restarted", async () => {
    expect(bed.engine.own, "this needs the bed's own engine").not.toBeNull();
    await bed.engine.own?.restart();
    await allReachable();
    expect(await nodes()).toEqual(["docker", "phone"]);
  });

  it("recover after a regular stop of the backend, which leaves no other network joined once nothing is shared there", async () => {
    await bed.desktop.backend.restart();
    await allReachable();
    await bed.api.deleteShare("name:two");
    const networks = await bed.engine.docker([
      "inspect",
      "-f",
      "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}",
      bed.desktop.backend.containerId,
    ]);
    expect(networks).not.toContain("bed-recovery");
    expect(networks).toContain("0-tailnet-share");
  });

  /** Waits for a backend that has restarted since and is connected. */
  async function startedAgain(before: number): Promise<void> {
    await expect
      .poll(async () => await bed.desktop.backend.startCount(), { timeout: 30_000 })
      .toBeGreaterThan(before);
    await bed.api.waitFor("the node to be connected", ({ node }) => node.state === "connected", 60_000);
  }

  it("leave the networks that a killed backend had joined, at its next start", async () => {
    const members = async () =>
      await bed.engine.docker([
        "network",
        "inspect",
        "-f",
        "{{range .Containers}}{{.Name}} {{end}}",
        "bed-recovery",
      ]);
    const before = await bed.desktop.backend.startCount();
    await bed.engine.docker(["network", "connect", "bed-recovery", bed.desktop.backend.containerId]);
    await bed.desktop.backend.kill();
    await startedAgain(before);
    await expect.poll(members, { timeout: 10_000 }).not.toContain("backend");
  });

  it("stop in order on request, together with tailscaled", async () => {
    // A container's PID 1 loses any signal that arrives before it has a handler.
    await bed.api.waitFor("the backend", ({ node }) => node.state === "connected", 60_000);
    await bed.desktop.backend.stop();
    expect(await bed.desktop.backend.logs()).toMatch(/ backend\.stopped: /);
    const [code, killed] = (
      await bed.engine.docker([
        "inspect",
        "-f",
        "{{.State.ExitCode}} {{.State.OOMKilled}}",
        bed.desktop.backend.containerId,
      ])
    ).split(" ");
    expect([code, killed]).toEqual(["0", "false"]);
    await bed.desktop.backend.start();
    await reaches(bed.peer, addresses.get("one") ?? "", "one says hello", 60_000);
  });
});
