import pino from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { createTailnetNode } from "../node/node.ts";
import type { LocalApi } from "./localapi.ts";
import { likelyToAnswer, type Peer, PeersAnswer, peersOf } from "./peers.ts";
import { devicesIn } from "./tailnet-devices.ts";
import { LoginProfile, Notify, Prefs, Status } from "./types.ts";

const DEVICES = 5_000;
const HOUR = 3_600_000;

/** A tailnet's devices in tailscaled's format. */
function answer(devices: number) {
  const device = (index: number) => ({
    ...{ ID: `id-${index}`, HostName: `device-${index}`, DNSName: `device-${index}.tail.test.` },
    ...{ TailscaleIPs: [`100.64.${index >> 8}.${index & 255}`], UserID: 1, Online: index % 3 > 0 },
    ...{ Active: index % 1_000 === 7, RxBytes: 0, TxBytes: 0 },
  });
  return {
    Peer: Object.fromEntries(
      Array.from({ length: devices }, (_, index) => [`nodekey:${index}`, device(index)]),
    ),
    User: { "1": { LoginName: "anna@example.com", DisplayName: "Anna" } },
  };
}

let stopping = new AbortController();
beforeEach(() => {
  stopping = new AbortController();
});
afterEach(() => stopping.abort());

/** A node on a tailnet of this size, watched by the backend. Counts the work that grows with the tailnet. */
async function world({ slowMs = 0 } = {}) {
  const peers = peersOf(PeersAnswer.parse(answer(DEVICES)));
  const clock = createFakeClock();
  const counts = { lists: 0, pings: 0, states: 0 };
  const unused = async () => await Promise.reject(new Error("not used"));
  const localApi: LocalApi = {
    ...{ devices: unused, queryFeature: unused, certificate: unused, whois: unused, serveConfig: unused },
    ...{ setServeConfig: unused, patchPrefs: unused, start: unused, loginInteractive: unused },
    ...{
      logout: unused,
      newProfile: unused,
      switchProfile: unused,
      packetFilter: unused,
      dial: unused,
      keysToSign: unused,
    },
    close: () => undefined,
    async status() {
      counts.states += 1;
      const Self = { HostName: "docker", DNSName: "docker.tail.test.", PublicKey: "nodekey:1", Online: true };
      return await Promise.resolve(Status.parse({ Version: "1", BackendState: "Running", Self }));
    },
    async peers() {
      counts.lists += 1;
      if (slowMs > 0) await clock.sleep(slowMs);
      return peers;
    },
    async ping() {
      counts.pings += 1;
      await clock.sleep(400);
      return null;
    },
    prefs: async () =>
      await Promise.resolve(Prefs.parse({ ControlURL: "", Hostname: "", CorpDNS: false, WantRunning: true })),
    profiles: async () => {
      const current = LoginProfile.parse({ ID: "one" });
      return await Promise.resolve({ all: [current], current });
    },
    async *watchBus(signal) {
      const states = Object.fromEntries(peers.map(({ id }) => [id, { PeerWireGuardState: "none" }]));
      yield Notify.parse({ SessionID: "1", PeerState: states });
      while (!signal.aborted) {
        await clock.sleep(60_000, signal);
        // A device joined or left the tailnet.
        yield Notify.parse({});
      }
    },
  };
  const log = pino({ level: "silent" });
  const node = createTailnetNode({ localApi, probeControl: async () => {}, clock, log });
  node.handle({ kind: "daemon-running" });
  node.watch(() => undefined, stopping.signal).catch(() => undefined);
  await clock.advance(0);
  return { node, clock, counts };
}

test("a node beside 5,000 devices lists them once in an hour, for its greetings, when nobody looks", async () => {
  const { clock, counts } = await world();
  await clock.advance(HOUR);
  expect(counts.lists).toBe(1);
  expect(counts.pings).toBeLessThanOrEqual(160);
  expect(counts.states).toBeGreaterThan(1);
});

test("the paths to 5,000 devices take a twentieth of the time at most, also while somebody visits", async () => {
  const { node, clock, counts } = await world({ slowMs: 1_000 });
  await clock.advance(1_000);
  const before = counts.lists;
  const until = clock.monotonic() + 600_000;
  while (clock.monotonic() < until) {
    void node.lookAtPaths(true);
    await clock.advance(1_000);
  }
  expect(counts.lists - before).toBeGreaterThan(10);
  expect(counts.lists - before).toBeLessThanOrEqual(31);
});

test("looks at devices until it has enough that may answer", () => {
  let read = 0;
  const counted = (peer: Peer): Peer =>
    Object.defineProperty({ ...peer }, "online", {
      get() {
        read += 1;
        return peer.online;
      },
    });
  const peers = peersOf(PeersAnswer.parse(answer(DEVICES)));
  const busy = peers.map((peer) => counted({ ...peer, online: true, active: true }));
  expect(likelyToAnswer(busy, 6)).toHaveLength(6);
  expect(read).toBe(6);
  const chosen = likelyToAnswer(peers, 6);
  expect(chosen.map(({ active }) => active)).toEqual([true, true, true, true, false, false]);
  expect(chosen.every(({ online }) => online)).toBe(true);
});

test("reads the names of 5,000 devices in one pass, without a copy of the list", () => {
  let read = 0;
  const Peer = {};
  for (const [key, device] of Object.entries(answer(DEVICES).Peer))
    Object.defineProperty(Peer, key, {
      enumerable: true,
      get() {
        read += 1;
        return device;
      },
    });
  const copy = vi.spyOn(Object, "fromEntries");
  const split = vi.spyOn(String.prototype, "split");
  const devices = devicesIn({ Self: null, Peer });
  const counts = { copies: copy.mock.calls.length, splits: split.mock.calls.length };
  vi.restoreAllMocks();
  expect(devices).toHaveLength(DEVICES);
  expect(devices[4_999]).toEqual({ id: "id-4999", name: "device-4999", foreign: false });
  expect({ read, ...counts }).toEqual({ read: DEVICES, copies: 0, splits: 0 });
});
