import { pino } from "pino";
import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import type { Peer } from "../localapi/peers.ts";
import { LoginProfile, Notify, Prefs, Status } from "../localapi/types.ts";
import type { LoginRequest } from "./log-in.ts";
import { createTailnetNode } from "./node.ts";

const request: LoginRequest = { controlUrl: "", hostname: "docker", fresh: false, anotherAccount: false };

/** A tailscaled that records its calls. `current` is the ID of its profile, empty before a log-in. */
function world(current = "") {
  const calls: string[] = [];
  let profile = current;
  let state = current === "" ? "NeedsLogin" : "Running";
  let peers: Peer[] = [];
  let looks = 0;
  let more: object = {};
  const note =
    (name: string) =>
    async (...args: unknown[]) => {
      calls.push(
        [name, ...args.filter((arg) => arg !== undefined).map((arg) => JSON.stringify(arg))].join(" "),
      );
      await Promise.resolve();
    };
  const localApi: LocalApi = {
    status: async () =>
      await Promise.resolve(
        Status.parse({
          Version: "1",
          BackendState: state,
          Self: { HostName: "docker", DNSName: "", PublicKey: "nodekey:1", Online: true, ...more },
        }),
      ),
    async peers() {
      looks += 1;
      return await Promise.resolve(peers);
    },
    prefs: async () =>
      await Promise.resolve(Prefs.parse({ ControlURL: "", Hostname: "", CorpDNS: false, WantRunning: true })),
    profiles: async () => {
      const now = LoginProfile.parse({ ID: profile });
      const all = [now, LoginProfile.parse({ ID: "other" })].filter(({ ID }) => ID !== "");
      return await Promise.resolve({ all, current: now });
    },
    devices: async () => await Promise.resolve([]),
    queryFeature: async () => await Promise.reject(new Error("not used")),
    keysToSign: async () => await Promise.resolve([]),
    certificate: async () => await Promise.reject(new Error("not used")),
    ping: async () => await Promise.resolve(1),
    packetFilter: async () => await Promise.resolve(null),
    dial: async () => await Promise.resolve(null),
    whois: async () => await Promise.resolve(null),
    serveConfig: async () => await Promise.resolve({ config: {}, etag: "" }),
    setServeConfig: note("setServeConfig"),
    close: () => undefined,
    patchPrefs: note("patchPrefs"),
    start: note("start"),
    loginInteractive: note("loginInteractive"),
    logout: note("logout"),
    async newProfile() {
      profile = "";
      state = "NeedsLogin";
      await note("newProfile")();
    },
    async switchProfile(id) {
      profile = id;
      state = "Running";
      await note("switchProfile")(id);
    },
    watchBus: () => {
      throw new Error("not used");
    },
  };
  const clock = createFakeClock();
  const node = createTailnetNode({
    localApi,
    probeControl: async () => {},
    clock,
    log: pino({ level: "silent" }),
  });
  node.handle({ kind: "daemon-running" });
  const sees = (now: Peer[]) => {
    peers = now;
  };
  const self = (now: object) => {
    more = now;
  };
  return {
    ...{ node, calls, clock, sees, self },
    names: () => calls.map((call) => call.split(" ")[0]),
    /** How often the node read the list of other devices. */
    looks: () => looks,
  };
}

test("a log-in changes the preferences and starts in one call, never accepts the tailnet's DNS, and asks once", async () => {
  const { node, calls } = world();
  await node.login({ ...request, authKey: "tskey-auth-x", controlUrl: "http://control.test" });
  expect(calls).toEqual([
    'start {"ControlURL":"http://control.test","Hostname":"docker","CorpDNS":false,"WantRunning":true} "tskey-auth-x"',
    "loginInteractive",
  ]);
});

test("asking for the link again does not throw it away; asking for a fresh one does", async () => {
  const { node, names } = world();
  await node.login(request);
  await node.login(request);
  expect(names()).toEqual(["start", "loginInteractive", "loginInteractive"]);
  await node.login({ ...request, fresh: true });
  expect(names().slice(3)).toEqual(["start", "loginInteractive"]);
});

test("cancelling a log-in forgets its link", async () => {
  const { node, calls } = world();
  await node.login(request);
  await node.cancelLogin();
  expect(calls.slice(2)).toEqual(['patchPrefs {"WantRunning":false}', "start"]);
  expect(node.state()).toEqual({ state: "logged-out", login: null, fault: null });
});

test("cancelling a log-in to another account goes back to the one before, also after a fresh link", async () => {
  const { node, calls } = world("first");
  await node.cancelLogin().catch(() => undefined);
  calls.splice(0);
  await node.login({ ...request, anotherAccount: true });
  await node.login({ ...request, fresh: true });
  await node.cancelLogin();
  expect(calls[0]).toBe("newProfile");
  expect(calls.at(-1)).toBe('switchProfile "first"');
});

test("an account of before is not gone back to when a later log-in is cancelled", async () => {
  const { node, calls } = world();
  await node.login({ ...request, anotherAccount: true });
  await node.cancelLogin();
  calls.splice(0);
  await node.login(request);
  await node.cancelLogin();
  expect(calls.some((call) => call.startsWith("switchProfile"))).toBe(false);
});

test("an account that nobody knows is refused before anything is switched", async () => {
  const { node, calls } = world("first");
  await expect(node.switchAccount("nobody")).rejects.toMatchObject({ code: "UNKNOWN_ACCOUNT" });
  expect(calls).toEqual([]);
});

test("a change while the daemon starts waits for it, and changes do not overlap", async () => {
  const { node, names, clock } = world();
  node.handle({ kind: "daemon-starting" });
  const changes = Promise.all([node.setHostname("a"), node.logout()]);
  await clock.advance(100);
  expect(names()).toEqual([]);
  node.handle({ kind: "daemon-running" });
  await clock.advance(100);
  await changes;
  expect(names()).toEqual(["patchPrefs", "logout"]);
});

/** A node that is connected and has observed its tailscaled once. */
async function connected() {
  const one = world("first");
  await one.node.refresh();
  return one;
}

test("a renewal asks for another key and touches no preference", async () => {
  const { node, calls } = await connected();
  await node.renewKey({ fresh: false });
  expect(calls).toEqual(["loginInteractive"]);
  expect(node.state()).toMatchObject({ state: "connected", renewal: { url: null, fault: null } });
});

test("a renewal with a fresh link, or by key, begins with a fresh control client", async () => {
  const { node, calls } = await connected();
  await node.renewKey({ fresh: true });
  await node.renewKey({ fresh: false, authKey: "tskey-auth-x" });
  expect(calls).toEqual(["start", "loginInteractive", 'start "tskey-auth-x"', "loginInteractive"]);
});

test("a fresh control client that does not get hold of the tailnet is not asked for a log-in", async () => {
  const { node, calls, clock, self } = await connected();
  self({ Online: false });
  const renewal = node.renewKey({ fresh: true });
  await clock.advance(5_000);
  await renewal;
  expect(calls).toEqual(["start"]);
  expect(node.state()).toMatchObject({
    state: "connected",
    renewal: { fault: { code: "CONTROL_UNREACHABLE" } },
  });
});

test("an auth key that is refused is named, and given up so that the node goes on with what it has", async () => {
  const { node, calls, clock, self } = await connected();
  self({ Online: false });
  const renewal = node.renewKey({ fresh: false, authKey: "tskey-auth-x" });
  const Text = "You are logged out. The last login error was: authkey expired";
  await clock.advance(100);
  node.handle({
    kind: "notify",
    notify: Notify.parse({ Health: { Warnings: { "login-state": { Text } } } }),
  });
  await clock.advance(5_000);
  await renewal;
  node.handle({ kind: "notify", notify: Notify.parse({ Health: { Warnings: null } }) });
  expect(calls).toEqual(['start "tskey-auth-x"', "start"]);
  expect(node.state()).toMatchObject({
    renewal: {
      fault: { code: "AUTH_KEY_REFUSED", message: expect.stringContaining("authkey expired") },
    },
  });
});

test("an auth key that moved the end of the key there is has done its work", async () => {
  const { node, calls, self } = await connected();
  self({ KeyExpiry: "2026-12-01T00:00:00Z" });
  await node.refresh();
  self({ KeyExpiry: "2027-06-01T00:00:00Z" });
  await node.renewKey({ fresh: false, authKey: "tskey-auth-x" });
  expect(calls).toEqual(['start "tskey-auth-x"']);
  expect(node.state()).toMatchObject({ renewal: null, keyExpiry: "2027-06-01T00:00:00Z" });
});

test("a renewal by link does not try the auth key that the node logged in with", async () => {
  const { node, calls } = await connected();
  await node.login({ ...request, authKey: "tskey-auth-x" });
  calls.splice(0);
  await node.renewKey({ fresh: false });
  await node.renewKey({ fresh: false });
  expect(calls).toEqual(["start", "loginInteractive", "loginInteractive"]);
});

test("cancelling a renewal puts its link away, and leaves tailscaled and the connection alone", async () => {
  const { node, calls } = await connected();
  await node.renewKey({ fresh: false });
  node.handle({ kind: "notify", notify: { BrowseToURL: "https://control.test/register/x" } });
  expect(node.state()).toMatchObject({ renewal: { url: "https://control.test/register/x" } });
  await node.cancelLogin();
  await node.cancelLogin();
  expect(calls).toEqual(["loginInteractive"]);
  expect(node.state()).toMatchObject({ state: "connected", renewal: null });
});

test("cancelling a renewal by key takes the key away from tailscaled, and does not pause the node", async () => {
  const { node, calls } = await connected();
  await node.renewKey({ fresh: false, authKey: "tskey-auth-x" });
  await node.cancelLogin();
  expect(calls).toEqual(['start "tskey-auth-x"', "loginInteractive", "start"]);
  expect(node.state()).toMatchObject({ state: "connected", renewal: null });
});

test("pausing ends a renewal", async () => {
  const { node } = await connected();
  await node.renewKey({ fresh: false });
  await node.setConnected(false);
  expect(node.state()).toMatchObject({ renewal: null });
});

test("the paths to other devices are looked at often while somebody visits, and seldom otherwise", async () => {
  const { node, looks, clock, sees } = await connected();
  // A node that comes up greets the other devices.
  await clock.advance(0);
  const before = looks();
  const peer = {
    id: "1",
    name: "phone",
    user: "",
    online: true,
    mute: false,
    active: true,
    received: 0,
    sent: 0,
  };
  sees([{ ...peer, addresses: ["100.64.0.2", "fd7a::2"], path: "relayed" }]);
  await node.lookAtPaths(true);
  expect(node.pathTo("fd7a::2")).toBe("relayed");
  expect(node.pathTo("100.64.0.9")).toBeNull();
  sees([{ ...peer, addresses: ["100.64.0.2"], path: "direct" }]);
  await clock.advance(4_900);
  await node.lookAtPaths(true);
  expect(looks()).toBe(before + 1);
  await clock.advance(100);
  await node.lookAtPaths(false);
  expect(looks()).toBe(before + 1);
  await node.lookAtPaths(true);
  expect(node.state()).toMatchObject({ paths: { direct: 1, relayed: 0 } });
  await clock.advance(30_000);
  await node.lookAtPaths(false);
  expect(looks()).toBe(before + 3);
});

test("a node that is not on the tailnet looks at no paths", async () => {
  const { node, looks } = world();
  await node.refresh();
  await node.lookAtPaths(true);
  expect(looks()).toBe(0);
});
