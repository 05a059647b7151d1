import { expect, test } from "vitest";
import { Notify } from "../localapi/types.ts";
import { connectedNode, request } from "./node.testing.ts";

test("a renewal asks for another key and touches no preference", async () => {
  const { node, calls } = await connectedNode();
  await node.renewKey({ fresh: false });
  expect(calls).toEqual(["loginInteractive"]);
  expect(node.state()).toMatchObject({ state: "connected", renewal: { url: null, fault: null } });
});

test("a renewal with a fresh link, or by key, begins with a fresh control client", async () => {
  const { node, calls } = await connectedNode();
  await node.renewKey({ fresh: true });
  await node.renewKey({ fresh: false, authKey: "tskey-auth-x" });
  expect(calls).toEqual(["start", "loginInteractive", 'start "tskey-auth-x"', "loginInteractive"]);
});

test("a fresh control client that does not get hold of the tailnet is not asked for a log-in", async () => {
  const { node, calls, clock, self } = await connectedNode();
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
  const { node, calls, clock, self } = await connectedNode();
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
  const { node, calls, self } = await connectedNode();
  self({ KeyExpiry: "2026-12-01T00:00:00Z" });
  await node.refresh();
  self({ KeyExpiry: "2027-06-01T00:00:00Z" });
  await node.renewKey({ fresh: false, authKey: "tskey-auth-x" });
  expect(calls).toEqual(['start "tskey-auth-x"']);
  expect(node.state()).toMatchObject({ renewal: null, keyExpiry: "2027-06-01T00:00:00Z" });
});

test("a renewal by link does not try the auth key that the node logged in with", async () => {
  const { node, calls } = await connectedNode();
  await node.login({ ...request, authKey: "tskey-auth-x" });
  calls.splice(0);
  await node.renewKey({ fresh: false });
  await node.renewKey({ fresh: false });
  expect(calls).toEqual(["start", "loginInteractive", "loginInteractive"]);
});

test("cancelling a renewal puts its link away, and leaves tailscaled and the connection alone", async () => {
  const { node, calls } = await connectedNode();
  await node.renewKey({ fresh: false });
  node.handle({ kind: "notify", notify: { BrowseToURL: "https://control.test/register/x" } });
  expect(node.state()).toMatchObject({ renewal: { url: "https://control.test/register/x" } });
  await node.cancelLogin();
  await node.cancelLogin();
  expect(calls).toEqual(["loginInteractive"]);
  expect(node.state()).toMatchObject({ state: "connected", renewal: null });
});

test("cancelling a renewal by key takes the key away from tailscaled, and does not pause the node", async () => {
  const { node, calls } = await connectedNode();
  await node.renewKey({ fresh: false, authKey: "tskey-auth-x" });
  await node.cancelLogin();
  expect(calls).toEqual(['start "tskey-auth-x"', "loginInteractive", "start"]);
  expect(node.state()).toMatchObject({ state: "connected", renewal: null });
});

test("pausing ends a renewal", async () => {
  const { node } = await connectedNode();
  await node.renewKey({ fresh: false });
  await node.setConnected(false);
  expect(node.state()).toMatchObject({ renewal: null });
});
