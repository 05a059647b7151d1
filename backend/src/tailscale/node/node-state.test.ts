import { expect, test } from "vitest";
import { LoginProfile, Notify, Prefs, Status } from "../localapi/types.ts";
import { healthAlerts } from "./node-health.ts";
import { initialMemory, type NodeEvent, reduce } from "./node-memory.ts";
import { nodeState } from "./node-state.ts";

const profile = (more: object = {}) => LoginProfile.parse({ ID: "", ...more });
const loggedIn = {
  ID: "a1",
  UserProfile: { LoginName: "anna@example.com" },
  NetworkProfile: { DomainName: "example.com" },
};

function observed(
  state: string,
  { status = {}, prefs = {}, current = {} }: { status?: object; prefs?: object; current?: object } = {},
): NodeEvent {
  const now = profile(current);
  return {
    kind: "observed",
    status: Status.parse({ Version: "1.102.3", BackendState: state, ...status }),
    prefs: Prefs.parse({
      ControlURL: "https://control.test",
      Hostname: "docker",
      CorpDNS: false,
      WantRunning: true,
      ...prefs,
    }),
    profiles: { all: now.ID === "" ? [] : [now], current: now },
  };
}
const notify = (value: object): NodeEvent => ({ kind: "notify", notify: Notify.parse(value) });
const after = (...events: NodeEvent[]) =>
  events.reduce(reduce, reduce(initialMemory, { kind: "daemon-running" }));
const state = (...events: NodeEvent[]) => nodeState(after(...events));
const asked: NodeEvent = { kind: "login-asked", byKey: false, renews: null };
const introduced: NodeEvent = { kind: "introduced" };
const askedByKey: NodeEvent = { kind: "login-asked", byKey: true, renews: null };

test("is starting until the daemon has said where it stands", () => {
  expect(nodeState(initialMemory)).toEqual({ state: "starting", waitsFor: "tailscaled" });
  expect(state()).toEqual({ state: "starting", waitsFor: "tailscaled" });
});

test("a log-in that the control server has accepted is not asked for again while the tailnet has not answered", () => {
  const link = { status: { AuthURL: "https://control.test/register/x" } };
  const finished = [
    observed("NeedsLogin", link),
    asked,
    observed("NeedsLogin", link),
    notify({ LoginFinished: {} }),
  ];
  expect(state(...finished)).toMatchObject({ state: "connecting" });
  expect(state(...finished, observed("NeedsLogin"), { kind: "login-slow" })).toMatchObject({
    state: "connecting",
  });
  expect(state(...finished, observed("NeedsLogin", link))).toMatchObject({
    state: "logged-out",
    login: { url: link.status.AuthURL },
  });
  expect(state(...finished, { kind: "login-ended" })).toMatchObject({ state: "logged-out", login: null });
  expect(state(...finished, observed("Running"), observed("NeedsLogin"))).toMatchObject({ login: null });
});

test("logged out, then a log-in with its link, then connected", () => {
  expect(state(observed("NeedsLogin"))).toEqual({ state: "logged-out", login: null, fault: null });
  expect(state(observed("NeedsLogin"), asked)).toMatchObject({ login: { url: null } });
  const withLink = [
    observed("NeedsLogin"),
    asked,
    notify({ BrowseToURL: "https://control.test/register/x" }),
  ];
  expect(state(...withLink)).toMatchObject({
    state: "logged-out",
    login: { url: "https://control.test/register/x" },
  });
  const running = observed("Running", {
    status: {
      Self: {
        HostName: "docker",
        DNSName: "docker-1.tail.test.",
        UserID: 7,
        TailscaleIPs: ["fd7a::1", "100.64.0.1"],
      },
      CurrentTailnet: { Name: "example.com", MagicDNSSuffix: "tail.test", MagicDNSEnabled: true },
      User: { "7": { LoginName: "anna@example.com", DisplayName: "Anna" } },
    },
    current: loggedIn,
  });
  expect(state(...withLink, running, introduced)).toEqual({
    state: "connected",
    name: "docker-1",
    dnsName: "docker-1.tail.test",
    addresses: ["100.64.0.1", "fd7a::1"],
    tailnet: "example.com",
    user: "anna@example.com",
    magicDns: true,
    keyExpiry: null,
    paths: { direct: 0, relayed: 0, relay: "" },
    renewal: null,
  });
});

test("a link that nobody asked for in this session is not shown", () => {
  expect(state(observed("NeedsLogin", { status: { AuthURL: "https://old" } }))).toMatchObject({
    login: null,
  });
});

test("takes the link from the status when the bus did not bring it", () => {
  expect(
    state(asked, observed("NeedsLogin", { status: { AuthURL: "https://control.test/a/1" } })),
  ).toMatchObject({
    login: { url: "https://control.test/a/1" },
  });
});

test("a refused auth key is said to be refused", () => {
  const health = { Health: ["You are logged out. The last login error was: authkey expired"] };
  expect(state(askedByKey, observed("NeedsLogin", { status: health }))).toMatchObject({
    fault: { code: "AUTH_KEY_REFUSED", message: expect.stringContaining("authkey expired") },
  });
});

test("a control server that cannot be reached is named, for a link and for a key", () => {
  const health = { Health: ["You are logged out. The last login error was: dial tcp: connection refused"] };
  expect(state(askedByKey, observed("NeedsLogin", { status: health }))).toMatchObject({
    fault: { code: "CONTROL_UNREACHABLE" },
  });
  expect(state(asked, observed("NeedsLogin"), { kind: "login-slow" })).toMatchObject({
    fault: { code: "CONTROL_UNREACHABLE", message: "The control server control.test does not answer." },
  });
});

test("a link that came late takes the complaint back", () => {
  expect(
    state(asked, { kind: "login-slow" }, notify({ BrowseToURL: "https://x" }), observed("NeedsLogin")),
  ).toMatchObject({
    fault: null,
  });
});

test("an account that needs a log-in again is expired, one that logged out is not", () => {
  expect(state(observed("NeedsLogin", { current: loggedIn }))).toMatchObject({
    state: "expired",
    name: "docker",
  });
  expect(state(observed("NeedsLogin", { current: loggedIn, prefs: { LoggedOut: true } }))).toMatchObject({
    state: "logged-out",
  });
});

test("waiting for approval, paused and connecting are told apart", () => {
  expect(state(observed("NeedsMachineAuth"))).toEqual({
    state: "needs-approval",
    adminUrl: "https://control.test",
  });
  expect(state(observed("Stopped", { current: loggedIn }))).toMatchObject({ state: "paused" });
  expect(state(observed("Starting"))).toMatchObject({ state: "connecting" });
});

test("a daemon that ends once is starting again; one that keeps ending has failed, until it runs", () => {
  const exit = (exits: number): NodeEvent => ({ kind: "daemon-exited", exits });
  expect(state(observed("Running"), exit(1))).toMatchObject({ state: "starting" });
  expect(state(exit(3))).toMatchObject({ state: "failed", fault: { code: "TAILSCALED_DOWN" } });
  expect(state(exit(3), { kind: "daemon-starting" })).toMatchObject({ state: "failed" });
  expect(state(exit(3), { kind: "daemon-running" }, observed("Running"))).toMatchObject({
    state: "connected",
  });
});

test("health is quiet while the node warms up, and names the control server when it is away", () => {
  const poll = { "not-in-map-poll": { Title: "Out of sync", Text: "…", ImpactsConnectivity: false } };
  const warming = notify({ Health: { Warnings: { ...poll, "warming-up": {} } } });
  expect(healthAlerts(after(observed("Running"), warming))).toEqual([]);
  expect(healthAlerts(after(observed("Running"), notify({ Health: { Warnings: poll } })))).toMatchObject([
    { code: "CONTROL_UNREACHABLE" },
  ]);
  expect(
    healthAlerts(
      after(
        observed("Running"),
        notify({ Health: { Warnings: poll } }),
        notify({ Health: { Warnings: null } }),
      ),
    ),
  ).toEqual([]);
});

const LINK = "https://control.test/register/x";
const renewing: NodeEvent = { kind: "login-asked", byKey: false, renews: "nodekey:old" };
const running = (key: string, status: object = {}) =>
  observed("Running", {
    status: { ...status, Self: { HostName: "docker", DNSName: "", PublicKey: key } },
    current: loggedIn,
  });

test("a renewal is under way while the node stays connected, with its link, until there is another key", () => {
  const asking = [running("nodekey:old"), renewing, running("nodekey:old")];
  expect(state(...asking)).toMatchObject({ state: "connected", renewal: { url: null, fault: null } });
  const withLink = [...asking, notify({ BrowseToURL: LINK })];
  expect(state(...withLink)).toMatchObject({ state: "connected", renewal: { url: LINK } });
  const accepted = [...withLink, notify({ LoginFinished: {} }), running("nodekey:old")];
  expect(state(...accepted)).toMatchObject({ state: "connected", renewal: { url: null, fault: null } });
  expect(state(...accepted, { kind: "login-slow" })).toMatchObject({ renewal: { fault: null } });
  expect(state(...accepted, running("nodekey:new"))).toMatchObject({ state: "connected", renewal: null });
});

test("a renewal's link is taken from the status when the bus did not bring it", () => {
  expect(state(running("nodekey:old"), renewing, running("nodekey:old", { AuthURL: LINK }))).toMatchObject({
    renewal: { url: LINK },
  });
});

test("a renewal that begins with a fresh control client leaves the node connected", () => {
  for (const name of ["NoState", "Starting"]) {
    const starting = observed(name, { current: loggedIn });
    expect(state(running("nodekey:old"), renewing, starting)).toMatchObject({
      state: "connected",
      renewal: { url: null },
    });
    expect(state(running("nodekey:old"), starting).state).not.toBe("connected");
  }
});

test("a renewal that nobody asked for is not shown", () => {
  expect(state(running("nodekey:old", { AuthURL: LINK }))).toMatchObject({ renewal: null });
});

test("a renewal that the control server refuses or does not answer says so, and the node stays connected", () => {
  expect(
    state(running("nodekey:old"), renewing, running("nodekey:old"), { kind: "login-slow" }),
  ).toMatchObject({ state: "connected", renewal: { fault: { code: "CONTROL_UNREACHABLE" } } });
  expect(state(running("nodekey:old"), renewing, notify({ ErrMessage: "no such user" }))).toMatchObject({
    renewal: { fault: { code: "LOGIN_FAILED", message: expect.stringContaining("no such user") } },
  });
  expect(
    state(running("nodekey:old"), { ...renewing, byKey: true }, notify({ ErrMessage: "authkey expired" })),
  ).toMatchObject({ renewal: { fault: { code: "AUTH_KEY_REFUSED" } } });
});

test("a key that expires during its renewal leaves a log-in with the same link", () => {
  const expired = [running("nodekey:old"), renewing, notify({ BrowseToURL: LINK })];
  expect(state(...expired, observed("NeedsLogin", { current: loggedIn }))).toMatchObject({
    state: "expired",
    login: { url: LINK },
  });
});

test("counts the devices that packets go to, by how, and names the node's own relay", () => {
  const self = { Self: { HostName: "docker", DNSName: "", Relay: "fra" } };
  const peers = [
    { addresses: ["100.64.0.2"], path: "direct" },
    { addresses: ["100.64.0.3"], path: "relayed" },
    { addresses: ["100.64.0.4"], path: "relayed" },
    { addresses: ["100.64.0.5"], path: null },
  ] as const;
  expect(state(observed("Running", { status: self }), { kind: "peers-seen", peers })).toMatchObject({
    paths: { direct: 1, relayed: 2, relay: "fra" },
  });
});

test("a tailscaled that was told to try the control server anew stays connected until that has an end", () => {
  const lost = observed("Running", { current: loggedIn, status: self(false) });
  const tried: NodeEvent = { kind: "control-tried" };
  const trying = [lost, tried, observed("NoState", { current: loggedIn, status: self(false) })];
  expect(state(...trying)).toMatchObject({ state: "connected" });
  expect(state(...trying, observed("Starting", { current: loggedIn }))).toMatchObject({ state: "connected" });
  const back = [...trying, observed("Running", { current: loggedIn, status: self(true) })];
  expect(state(...back)).toMatchObject({ state: "connected" });
  expect(state(...back, observed("Starting", { current: loggedIn }))).toMatchObject({ state: "connecting" });
  const refused = [...trying, observed("NeedsLogin", { current: loggedIn })];
  expect(state(...refused)).toMatchObject({ state: "expired" });
  expect(state(...refused, observed("Starting", { current: loggedIn }))).toMatchObject({
    state: "connecting",
  });
});

test("a node that was not on the tailnet yet stays connecting when it retries", () => {
  const starting = observed("Starting", { current: loggedIn });
  expect(state(starting, { kind: "control-tried" }, starting)).toMatchObject({ state: "connecting" });
});

function self(online: boolean): object {
  return { Self: { HostName: "docker", DNSName: "docker.tail.test.", Online: online } };
}

test("a bus that was not read in time is no failure of the log-in that is under way", () => {
  const behind = notify({ ErrMessage: "IPN bus consumer fell behind; closing watch" });
  expect(state(observed("NeedsLogin"), asked, behind)).toMatchObject({ state: "logged-out", fault: null });
});

test("a node that was told to try the control server, and is asked to log in there, is lost", () => {
  const lost = observed("Running", { current: loggedIn, status: self(false) });
  const link = { ...self(false), AuthURL: "https://control.test/register/x" };
  const asks = observed("Running", { current: loggedIn, status: link });
  const tried: NodeEvent = { kind: "control-tried" };
  expect(state(lost, tried, asks)).toMatchObject({ state: "expired", name: "docker" });
  expect(state(lost, tried, asks, asked)).toMatchObject({ state: "connected" });
  expect(state(asks), "a link that was put away").toMatchObject({ state: "connected" });
});
