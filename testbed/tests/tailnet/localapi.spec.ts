import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocalApi, type LocalApi } from "../../../backend/src/tailscale/localapi/localapi.ts";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";

/** Runs the backend's own client against the pinned tailscaled, to detect changes in a new version first. */
describe("tailscaled's LocalAPI", () => {
  let bed: Bed;
  let localApi: LocalApi;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    const [pid] = await bed.desktop.backend.pidsOf("tailscaled");
    // The daemon's socket as seen from this machine.
    localApi = createLocalApi(`/proc/${pid}/root/run/tailscale/tailscaled.sock`);
  });
  afterAll(async () => await bed?.close());

  it("reports its status, preferences and accounts in the shape that we read", async () => {
    expect(await localApi.status()).toMatchObject({
      BackendState: "Running",
      Self: { DNSName: "docker.tail.test." },
    });
    expect(await localApi.prefs()).toMatchObject({
      CorpDNS: false,
      WantRunning: true,
      ControlURL: bed.tailnet.control.url,
    });
    expect((await localApi.profiles()).current).toMatchObject({
      UserProfile: { LoginName: expect.any(String) },
    });
  });

  it("identifies the device behind a tailnet address, and does not know a stranger", async () => {
    expect(await localApi.whois(`${bed.peer.address}:1`)).toMatchObject({
      Node: { Name: "phone.tail.test." },
    });
    expect(await localApi.whois("100.127.255.254:1")).toBeNull();
  });

  it("pings a device that is online, and times out on one that is not", async () => {
    expect(await localApi.peers()).toMatchObject([
      { online: true, addresses: [bed.peer.address, expect.anything()] },
    ]);
    for (const type of ["disco", "TSMP"] as const) {
      await expect
        .poll(async () => await localApi.ping(bed.peer.address, type), { timeout: 10_000 })
        .toBeGreaterThan(0);
      expect(await localApi.ping("100.127.255.254", type)).toBeNull();
    }
  });

  it("refuses a serve config that was changed since it was read, and accepts a fresh one", async () => {
    const { config, etag } = await localApi.serveConfig();
    await localApi.setServeConfig({ ...config, TCP: { "9999": { TCPForward: "127.0.0.1:9" } } }, etag);
    await expect(localApi.setServeConfig(config, etag)).rejects.toMatchObject({ code: "TAILSCALED_REFUSED" });
    const now = await localApi.serveConfig();
    expect(now.config.TCP?.["9999"]).toMatchObject({ TCPForward: "127.0.0.1:9" });
    await localApi.setServeConfig({}, now.etag);
  });

  it("reports a change of preferences on the bus", async () => {
    const ended = new AbortController();
    const bus = localApi.watchBus(ended.signal)[Symbol.asyncIterator]();
    expect((await bus.next()).value).toMatchObject({ State: 6 });
    await localApi.patchPrefs({ Hostname: "renamed" });
    for (;;) {
      const { value, done } = await bus.next();
      expect(done).not.toBe(true);
      if (JSON.stringify(value?.Prefs ?? null).includes('"renamed"')) break;
    }
    ended.abort();
    await expect(bus.next()).rejects.toThrow();
  });

  it("reports that it is down when nobody listens", async () => {
    await expect(createLocalApi("/run/tailnet-share/nobody.sock").status()).rejects.toMatchObject({
      code: "TAILSCALED_DOWN",
    });
  });
});
