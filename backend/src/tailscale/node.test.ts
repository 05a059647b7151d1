import { pino } from "pino";
import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import type { LocalApi } from "./localapi.ts";
import { createTailnetNode, type LoginRequest } from "./node.ts";
import { LoginProfile, Prefs, Status } from "./types.ts";

const request: LoginRequest = { controlUrl: "", hostname: "docker", fresh: false, anotherAccount: false };

/** A tailscaled that writes down what it is told. `current` is the ID of its profile, empty before a log-in. */
function world(current = "") {
  const calls: string[] = [];
  let profile = current;
  let state = current === "" ? "NeedsLogin" : "Running";
  const note =
    (name: string) =>
    async (...args: unknown[]) => {
      calls.push(
        [name, ...args.filter((arg) => arg !== undefined).map((arg) => JSON.stringify(arg))].join(" "),
      );
      await Promise.resolve();
    };
  const localApi: LocalApi = {
    status: async () => await Promise.resolve(Status.parse({ Version: "1", BackendState: state })),
    prefs: async () =>
      await Promise.resolve(Prefs.parse({ ControlURL: "", Hostname: "", CorpDNS: false, WantRunning: true })),
    profiles: async () => {
      const now = LoginProfile.parse({ ID: profile });
      const all = [now, LoginProfile.parse({ ID: "other" })].filter(({ ID }) => ID !== "");
      return await Promise.resolve({ all, current: now });
    },
    deviceNames: async () => await Promise.resolve([]),
    queryFeature: async () => await Promise.reject(new Error("not used")),
    certificate: async () => await Promise.reject(new Error("not used")),
    onlinePeers: async () => await Promise.resolve([]),
    ping: async () => await Promise.resolve(true),
    whois: async () => await Promise.resolve(null),
    serveConfig: async () => await Promise.resolve({ config: {}, etag: "" }),
    setServeConfig: note("setServeConfig"),
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
  const node = createTailnetNode({ localApi, clock, log: pino({ level: "silent" }) });
  node.handle({ kind: "daemon-running" });
  return { node, calls, clock, names: () => calls.map((call) => call.split(" ")[0]) };
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
