import { link, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createUserspaceDataPlane } from "../../../backend/src/dataplane/userspace.ts";
import { createEngine } from "../../../backend/src/engine/engine.ts";
import { systemClock as clock } from "../../../backend/src/lib/clock.ts";
import {
  machineContainers,
  machineSocket,
  machineSpec,
} from "../../../backend/src/machines/container/container.ts";
import {
  createMachineDirectories,
  type MachineIdentity,
} from "../../../backend/src/machines/device/identity.ts";
import { createMachineExecutors } from "../../../backend/src/machines/execute.ts";
import { createKeptDevices } from "../../../backend/src/machines/retirement/kept-devices.ts";
import { createMachineWatch } from "../../../backend/src/machines/watch/watch.ts";
import { createWorld } from "../../../backend/src/reconcile/loop.testing.ts";
import { createLocalApi } from "../../../backend/src/tailscale/localapi/localapi.ts";
import { container, machineRuntime, NEVER_AGAIN, share } from "../../../backend/src/testing.ts";
import type { FaultyLocalApi } from "../../src/tailnet/faulty-localapi.ts";
import { log, openNodeOnFaultyLocalApi, TRUE_WITHIN_MS } from "./node-on-faulty-localapi.ts";

/** The forwards, under any session. */
function forwardsOf(daemon: FaultyLocalApi): object {
  const { Foreground = {} } = daemon.serveConfig() as { Foreground?: Record<string, { TCP?: object }> };
  return Object.assign({}, ...Object.values(Foreground).map(({ TCP }) => TCP));
}

/** Like `localapi-faults.spec.ts`, for what the backend keeps in the serve config. */
describe("a serve config that others change", () => {
  const on = openNodeOnFaultyLocalApi();
  /** How often forwards were lost with their session. */
  let losses: number;
  const onLost = () => {
    losses += 1;
  };

  beforeEach(() => {
    losses = 0;
  });

  it("refuses to overwrite a concurrent change, reads it again, and keeps it", async () => {
    const dataPlane = createUserspaceDataPlane(createLocalApi(on.daemon.socketPath), onLost);
    const forward = { protocol: "tcp" as const, nodePort: 80, address: "172.18.0.5", port: 8080 };
    on.daemon.interfere(2);
    for (let conflict = 0; conflict < 2; conflict += 1)
      await expect(dataPlane.replace([forward], [])).rejects.toMatchObject({ code: "TAILSCALED_REFUSED" });
    await dataPlane.replace([forward], []);
    expect(on.daemon.serveConfig()).toMatchObject({ Web: { "somebody-elses-3:443": {} } });
    expect(forwardsOf(on.daemon)).toEqual({ 80: { TCPForward: "172.18.0.5:8080" } });
    expect(await dataPlane.observe()).toMatchObject([forward]);
  });

  it("ties forwards to a session: they end with it, are missed, and are created again under another", async () => {
    const dataPlane = createUserspaceDataPlane(createLocalApi(on.daemon.socketPath), onLost);
    const forward = { protocol: "tcp" as const, nodePort: 80, address: "172.18.0.5", port: 8080 };
    await dataPlane.replace([forward], []);
    expect(await dataPlane.intact()).toBe(true);
    expect(on.daemon.serveConfig()).not.toHaveProperty("TCP");
    on.daemon.endBus();
    await expect.poll(() => dataPlane.observe(), { timeout: TRUE_WITHIN_MS, interval: 20 }).toEqual([]);
    expect(forwardsOf(on.daemon)).toEqual({});
    await expect.poll(() => losses, { timeout: TRUE_WITHIN_MS, interval: 20 }).toBe(1);
    expect(await dataPlane.intact()).toBe(false);
    await dataPlane.replace([forward], []);
    expect(await dataPlane.observe()).toMatchObject([forward]);
    await dataPlane.replace([], []);
    expect(await dataPlane.observe()).toEqual([]);
    expect(await dataPlane.intact()).toBe(true);
  });

  it("ignores forwards that an older release has stored, and removes them", async () => {
    const localApi = createLocalApi(on.daemon.socketPath);
    const dataPlane = createUserspaceDataPlane(localApi, onLost);
    const { etag } = await localApi.serveConfig();
    await localApi.setServeConfig({ TCP: { 80: { TCPForward: "172.18.0.9:9" } }, Web: {} }, etag);
    expect(await dataPlane.observe()).toBeNull();
    await dataPlane.replace([], []);
    expect(on.daemon.serveConfig()).not.toHaveProperty("TCP");
    expect(await dataPlane.observe()).toEqual([]);
  });

  it("has no forwards in another account's config, and the first account's do not return with it", async () => {
    const localApi = createLocalApi(on.daemon.socketPath);
    const dataPlane = createUserspaceDataPlane(localApi, onLost);
    await dataPlane.replace([{ protocol: "tcp", nodePort: 80, address: "172.18.0.5", port: 8080 }], []);
    const first = await localApi.serveConfig();
    await localApi.setServeConfig({}, first.etag);
    expect(await dataPlane.observe()).toEqual([]);
    // The session is over by then, so tailscaled drops its entries.
    const current = await localApi.serveConfig();
    await localApi.setServeConfig(first.config, current.etag);
    expect(await dataPlane.observe()).toEqual([]);
    await expect.poll(() => on.daemon.sessions(), { timeout: TRUE_WITHIN_MS, interval: 20 }).toBe(1);
  });

  describe("while others keep changing the serve config", () => {
    /** Advances the loop's clock until the probe succeeds. */
    function becomesSo({ clock }: ReturnType<typeof createWorld>, probe: () => unknown) {
      const passes = async () => {
        await clock.advance(250);
        return probe();
      };
      return expect.poll(passes, { timeout: TRUE_WITHIN_MS, interval: 10 });
    }

    it("the loop brings a share up in userspace, and keeps their change", async () => {
      const world = createWorld({
        dataPlane: createUserspaceDataPlane(createLocalApi(on.daemon.socketPath), onLost),
      });
      on.daemon.interfere(6);
      await world.start();
      await becomesSo(world, () => forwardsOf(on.daemon)).toEqual({ 80: { TCPForward: "172.18.0.5:80" } });
      expect(on.daemon.serveConfig()).toMatchObject({ Web: { "somebody-elses-7:443": {} } });
      expect(on.daemon.conflicts()).toBeGreaterThan(0);
      await becomesSo(world, () => world.loop.failed().length).toBe(0);
      await becomesSo(world, () => world.loop.observed().forwards).toMatchObject([
        { nodePort: 80, address: "172.18.0.5" },
      ]);
    });

    it("the loop brings a machine's HTTPS up", async () => {
      const folder = await mkdtemp(join(tmpdir(), "tailnet-share-machine-"));
      const key = "00000000000000aa";
      const options = { name: "docker", reachTailnet: false, httpsPort: 8080, funnel: false };
      await mkdir(dirname(machineSocket(folder, key)), { recursive: true });
      await link(on.daemon.socketPath, machineSocket(folder, key));
      const watch = createMachineWatch({
        stateDirectory: folder,
        onNews: () => undefined,
        onNotify: () => undefined,
        probeControl: async () => {},
        clock,
        log,
      });
      const machine = {
        key,
        name: "docker",
        targetId: "id-of-web",
        targetStartedAt: "first",
        reachTailnet: false,
      };
      const { labels } = machineSpec({ ...machine, tag: "" }, machineRuntime);
      const own = container("machine", { labels, networkMode: { kind: "container", id: "id-of-web" } });
      const present = machineContainers([own], machineRuntime.installation);
      const identities = new Map<string, MachineIdentity>();
      const world = createWorld({
        shares: [share("web", { mode: "machine", machine: { key, ...options } })],
        more: {
          "machine-serve": createMachineExecutors({
            engine: createEngine("/nonexistent/engine.sock", { again: NEVER_AGAIN, clock, log }),
            watch,
            directories: createMachineDirectories(folder),
            keptDevices: createKeptDevices(folder),
            credentials: { authKey: async () => await Promise.resolve(null) },
            runtime: () => null,
            controlUrl: () => "",
            nodeHears: () => true,
            home: () => null,
            onImage: () => undefined,
            retire: async () => {},
            dismiss: async () => {},
            starting: new Set(),
            lastCall: on.signal,
            clock,
            log,
          })["machine-serve"],
          "machine-note": async ({ identity }) => void identities.set(key, identity),
          "machine-certificate": async ({ domain }) => watch.saw(key, { certificate: domain }),
        },
        seenNow: () => ({
          present: watch.observe(present),
          targetStarts: new Map([["id-of-web", "first"]]),
          tailnet: { state: "connected", home: "here" },
          identities,
        }),
      });
      try {
        watch.observe(present);
        // The loop's clock in this test is ahead of the watch's.
        watch.saw(key, { listening: [], tls: { port: 8080, speaks: false }, lookAgainAt: 2_000_000_000 });
        on.daemon.interfere(3);
        await world.start();
        await becomesSo(world, on.daemon.serveConfig).toEqual({
          TCP: { 443: { HTTPS: true } },
          Web: { "docker.tail.test:443": { Handlers: { "/": { Proxy: "http://127.0.0.1:8080" } } } },
        });
        expect(on.daemon.conflicts()).toBeGreaterThan(1);
        await becomesSo(world, () =>
          world.loop.failures().of({ kind: "machine-serve", key }),
        ).toBeUndefined();
      } finally {
        watch.close();
        await rm(folder, { recursive: true });
      }
    });
  });
});
