import { Snapshot } from "@tailnet-share/contract/snapshot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { run } from "../../src/lib/run.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import { waitUntilConverged } from "../fixtures/convergence.ts";
import { openBedWithFaultyEngine } from "../fixtures/open-bed.ts";
import { get } from "../fixtures/raw-http.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

const LIVE_RESTORE = ["--live-restore"];

/**
 * Containers survive such an engine's restart, including the backend's with its mount of the socket. So the socket must remain the
 * same file, as it does where the system creates it for the engine; here it is the relay's.
 */
describe("an engine that restarts and leaves its containers running", () => {
  let bed: Bed;
  let address: string;

  beforeAll(async () => {
    ({ bed } = await openBedWithFaultyEngine());
    expect(bed.engine.own, "this needs the bed's own engine").not.toBeNull();
    await bed.login();
    await bed.samples.createNetwork("ft-live");
    const flags = ["--restart", "unless-stopped"];
    await bed.samples.start({ name: "ft-lives", http: 8080, networks: ["ft-live"], flags });
    await bed.engine.own?.restart(LIVE_RESTORE);
    await bed.api.waitFor("the node to be connected", ({ node }) => node.state === "connected", 60_000);
    address = await liveAddress(bed, "name:ft-lives", await bed.api.putShare("name:ft-lives"));
    await reaches(bed.peer, address, "ft-lives says hello", 60_000);
  });
  afterAll(async () => {
    // Restores the engine's usual flags for all other specs.
    await bed?.engine.own?.restart();
    await bed?.close();
  });

  const started = async (): Promise<string> =>
    await bed.engine.docker(["inspect", "-f", "{{.State.StartedAt}}", bed.desktop.backend.containerId]);

  it("keeps shares reachable while the engine is away, and the panel says so", async () => {
    const before = await started();
    // Without the engine, nothing can run in a container, and its published loopback ports are gone. Enter both from outside.
    const secret = await bed.desktop.backend.secret();
    const [backend] = await bed.desktop.backend.pidsOf("node");
    const socket = `/proc/${backend}/root/run/guest-services/backend.sock`;
    const peer = await bed.engine.docker(["inspect", "-f", "{{.State.Pid}}", bed.peer.containerId]);
    const visit = ["nsenter", "-t", peer, "-n", "-m", "curl", "-s", "-m", "5", address];
    await bed.engine.own?.stop();
    try {
      const engineState = async () =>
        Snapshot.parse(JSON.parse((await get(socket, "/snapshot", secret)).body)).engine.state;
      await waitFor(async () => (await engineState()) === "unreachable", {
        what: "the engine to be said to be away",
        timeoutMs: 10_000,
      });
      expect(await run(visit)).toContain("ft-lives says hello");
    } finally {
      await bed.engine.own?.restart(LIVE_RESTORE);
    }
    expect(await started(), "the backend was not restarted").toBe(before);
    await waitUntilConverged(bed, ["ft-live"]);
    await reaches(bed.peer, address, "ft-lives says hello");
  });

  it("notices changes at once afterwards, and accepts new shares", async () => {
    await bed.samples.start({ name: "ft-after", http: 8080, networks: ["ft-live"] });
    await bed.api.waitFor(
      "the new container",
      ({ workloads }) => workloads.some(({ id }) => id === "name:ft-after"),
      3_000,
    );
    const address = await liveAddress(bed, "name:ft-after", await bed.api.putShare("name:ft-after"));
    await reaches(bed.peer, address, "ft-after says hello");
    await bed.api.deleteShare("name:ft-after");
    await bed.samples.remove("ft-after");
    await waitUntilConverged(bed, ["ft-live"]);
  });
});
