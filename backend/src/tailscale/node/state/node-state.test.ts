import { expect, test } from "vitest";
import { healthAlerts } from "./node-health.ts";
import { initialMemory, type NodeEvent } from "./node-memory.ts";
import { loggedIn, memoryAfter, notify, observed, stateAfter } from "./node-state.testing.ts";
import { nodeState } from "./node-state.ts";

const asked: NodeEvent = { kind: "login-asked", byKey: false, renews: null };
const introduced: NodeEvent = { kind: "introduced" };
const askedByKey: NodeEvent = { kind: "login-asked", byKey: true, renews: null };

test("is starting until the daemon has said where it stands", () => {
  expect(nodeState(initialMemory)).toEqual({ state: "starting", waitsFor: "tailscaled" });
  expect(stateAfter()).toEqual({ state: "starting", waitsFor: "tailscaled" });
});

test("a login that the control server has accepted is not asked for again while the tailnet has not answered", () => {
  const link = { status: { AuthURL: "https://control.test/register/x" } };
  const finished = [
    observed("NeedsLogin", link),
    asked,
    observed("NeedsLogin", link),
    notify({ LoginFinished: {} }),
  ];
  expect(stateAfter(...finished)).toMatchObject({ state: "connecting" });
  expect(stateAfter(...finished, observed("NeedsLogin"), { kind: "login-slow" })).toMatchObject({
    state: "connecting",
  });
  expect(stateAfter(...finished, observed("NeedsLogin", link))).toMatchObject({
    state: "logged-out",
    login: { url: link.status.AuthURL },
  });
  expect(stateAfter(...finished, { kind: "login-ended" })).toMatchObject({
    state: "logged-out",
    login: null,
  });
  expect(stateAfter(...finished, observed("Running"), observed("NeedsLogin"))).toMatchObject({ login: null });
});

test("logged out, then a login with its link, then connected", () => {
  expect(stateAfter(observed("NeedsLogin"))).toEqual({ state: "logged-out", login: null, fault: null });
  expect(stateAfter(observed("NeedsLogin"), asked)).toMatchObject({ login: { url: null } });
  const withLink = [
    observed("NeedsLogin"),
    asked,
    notify({ BrowseToURL: "https://control.test/register/x" }),
  ];
  expect(stateAfter(...withLink)).toMatchObject({
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
  expect(stateAfter(...withLink, running, introduced)).toEqual({
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
  expect(stateAfter(observed("NeedsLogin", { status: { AuthURL: "https://old" } }))).toMatchObject({
    login: null,
  });
});

test("takes the link from the status when the bus did not bring it", () => {
  expect(
    stateAfter(asked, observed("NeedsLogin", { status: { AuthURL: "https://control.test/a/1" } })),
  ).toMatchObject({
    login: { url: "https://control.test/a/1" },
  });
});

test("a refused auth key is said to be refused", () => {
  const health = { Health: ["You are logged out. The last login error was: authkey expired"] };
  expect(stateAfter(askedByKey, observed("NeedsLogin", { status: health }))).toMatchObject({
    fault: { code: "AUTH_KEY_REFUSED", message: expect.stringContaining("authkey expired") },
  });
});

test("a control server that cannot be reached is named, for a link and for a key", () => {
  const health = { Health: ["You are logged out. The last login error was: dial tcp: connection refused"] };
  expect(stateAfter(askedByKey, observed("NeedsLogin", { status: health }))).toMatchObject({
    fault: { code: "CONTROL_UNREACHABLE" },
  });
  expect(stateAfter(asked, observed("NeedsLogin"), { kind: "login-slow" })).toMatchObject({
    fault: { code: "CONTROL_UNREACHABLE", message: "Can't reach the control server control.test." },
  });
});

test("a link that came late takes the complaint back", () => {
  expect(
    stateAfter(asked, { kind: "login-slow" }, notify({ BrowseToURL: "https://x" }), observed("NeedsLogin")),
  ).toMatchObject({
    fault: null,
  });
});

test("an account that needs a login again is expired, one that logged out is not", () => {
  expect(stateAfter(observed("NeedsLogin", { current: loggedIn }))).toMatchObject({
    state: "expired",
    name: "docker",
  });
  expect(stateAfter(observed("NeedsLogin", { current: loggedIn, prefs: { LoggedOut: true } }))).toMatchObject(
    {
      state: "logged-out",
    },
  );
});

test("waiting for approval, paused and connecting are told apart", () => {
  expect(stateAfter(observed("NeedsMachineAuth"))).toEqual({
    state: "needs-approval",
    adminUrl: "https://control.test",
  });
  expect(stateAfter(observed("Stopped", { current: loggedIn }))).toMatchObject({ state: "paused" });
  expect(stateAfter(observed("Starting"))).toMatchObject({ state: "connecting" });
});

test("a daemon that ends once is starting again; one that keeps ending has failed, until it runs", () => {
  const exit = (exits: number): NodeEvent => ({ kind: "daemon-exited", exits });
  expect(stateAfter(observed("Running"), exit(1))).toMatchObject({ state: "starting" });
  expect(stateAfter(exit(3))).toMatchObject({ state: "failed", fault: { code: "TAILSCALED_DOWN" } });
  expect(stateAfter(exit(3), { kind: "daemon-starting" })).toMatchObject({ state: "failed" });
  expect(stateAfter(exit(3), { kind: "daemon-running" }, observed("Running"))).toMatchObject({
    state: "connected",
  });
});

test("health is quiet while the node warms up, and names the control server when it is away", () => {
  const poll = { "not-in-map-poll": { Title: "Out of sync", Text: "…", ImpactsConnectivity: false } };
  const warming = notify({ Health: { Warnings: { ...poll, "warming-up": {} } } });
  expect(healthAlerts(memoryAfter(observed("Running"), warming))).toEqual([]);
  expect(
    healthAlerts(memoryAfter(observed("Running"), notify({ Health: { Warnings: poll } }))),
  ).toMatchObject([{ code: "CONTROL_UNREACHABLE" }]);
  expect(
    healthAlerts(
      memoryAfter(
        observed("Running"),
        notify({ Health: { Warnings: poll } }),
        notify({ Health: { Warnings: null } }),
      ),
    ),
  ).toEqual([]);
});

test("counts the devices that packets go to, by how, and names the node's own relay", () => {
  const self = { Self: { HostName: "docker", DNSName: "", Relay: "fra" } };
  const peers = [
    { addresses: ["100.64.0.2"], path: "direct" },
    { addresses: ["100.64.0.3"], path: "relayed" },
    { addresses: ["100.64.0.4"], path: "relayed" },
    { addresses: ["100.64.0.5"], path: null },
  ] as const;
  expect(stateAfter(observed("Running", { status: self }), { kind: "peers-seen", peers })).toMatchObject({
    paths: { direct: 1, relayed: 2, relay: "fra" },
  });
});

test("a tailscaled that was told to try the control server anew stays connected until that has an end", () => {
  const lost = observed("Running", { current: loggedIn, status: self(false) });
  const tried: NodeEvent = { kind: "control-tried" };
  const trying = [lost, tried, observed("NoState", { current: loggedIn, status: self(false) })];
  expect(stateAfter(...trying)).toMatchObject({ state: "connected" });
  expect(stateAfter(...trying, observed("Starting", { current: loggedIn }))).toMatchObject({
    state: "connected",
  });
  const back = [...trying, observed("Running", { current: loggedIn, status: self(true) })];
  expect(stateAfter(...back)).toMatchObject({ state: "connected" });
  expect(stateAfter(...back, observed("Starting", { current: loggedIn }))).toMatchObject({
    state: "connecting",
  });
  const refused = [...trying, observed("NeedsLogin", { current: loggedIn })];
  expect(stateAfter(...refused)).toMatchObject({ state: "expired" });
  expect(stateAfter(...refused, observed("Starting", { current: loggedIn }))).toMatchObject({
    state: "connecting",
  });
});

test("a node that was not on the tailnet yet stays connecting when it retries", () => {
  const starting = observed("Starting", { current: loggedIn });
  expect(stateAfter(starting, { kind: "control-tried" }, starting)).toMatchObject({ state: "connecting" });
});

function self(online: boolean): object {
  return { Self: { HostName: "docker", DNSName: "docker.tail.test.", Online: online } };
}

test("a bus that was not read in time is no failure of the login that is under way", () => {
  const behind = notify({ ErrMessage: "IPN bus consumer fell behind; closing watch" });
  expect(stateAfter(observed("NeedsLogin"), asked, behind)).toMatchObject({
    state: "logged-out",
    fault: null,
  });
});

test("a node that was told to try the control server, and is asked to log in there, is lost", () => {
  const lost = observed("Running", { current: loggedIn, status: self(false) });
  const link = { ...self(false), AuthURL: "https://control.test/register/x" };
  const asks = observed("Running", { current: loggedIn, status: link });
  const tried: NodeEvent = { kind: "control-tried" };
  expect(stateAfter(lost, tried, asks)).toMatchObject({ state: "expired", name: "docker" });
  expect(stateAfter(lost, tried, asks, asked)).toMatchObject({ state: "connected" });
  expect(stateAfter(asks), "a link that was put away").toMatchObject({ state: "connected" });
});
