import { expect, test } from "vitest";
import { connectedNode, openNode, request } from "./node.testing.ts";

test("a login changes the preferences and starts in one call, never accepts the tailnet's DNS, and asks once", async () => {
  const { node, calls } = openNode();
  await node.login({ ...request, authKey: "tskey-auth-x", controlUrl: "http://control.test" });
  expect(calls).toEqual([
    'start {"ControlURL":"http://control.test","Hostname":"docker","CorpDNS":false,"WantRunning":true} "tskey-auth-x"',
    "loginInteractive",
  ]);
});

test("asking for the link again does not throw it away; asking for a fresh one does", async () => {
  const { node, names } = openNode();
  await node.login(request);
  await node.login(request);
  expect(names()).toEqual(["start", "loginInteractive", "loginInteractive"]);
  await node.login({ ...request, fresh: true });
  expect(names().slice(3)).toEqual(["start", "loginInteractive"]);
});

test("cancelling a login forgets its link", async () => {
  const { node, calls } = openNode();
  await node.login(request);
  await node.cancelLogin();
  expect(calls.slice(2)).toEqual(['patchPrefs {"WantRunning":false}', "start"]);
  expect(node.state()).toEqual({ state: "logged-out", login: null, fault: null });
});

test("cancelling a login to another account goes back to the one before, also after a fresh link", async () => {
  const { node, calls } = openNode("first");
  await node.cancelLogin().catch(() => undefined);
  calls.splice(0);
  await node.login({ ...request, anotherAccount: true });
  await node.login({ ...request, fresh: true });
  await node.cancelLogin();
  expect(calls[0]).toBe("newProfile");
  expect(calls.at(-1)).toBe('switchProfile "first"');
});

test("cancelling a second login does not switch back to the account before the first", async () => {
  const { node, calls } = openNode();
  await node.login({ ...request, anotherAccount: true });
  await node.cancelLogin();
  calls.splice(0);
  await node.login(request);
  await node.cancelLogin();
  expect(calls.some((call) => call.startsWith("switchProfile"))).toBe(false);
});

test("an account that nobody knows is refused before anything is switched", async () => {
  const { node, calls } = openNode("first");
  await expect(node.switchAccount("nobody")).rejects.toMatchObject({ code: "UNKNOWN_ACCOUNT" });
  expect(calls).toEqual([]);
});

test("a change while the daemon starts waits for it, and changes do not overlap", async () => {
  const { node, names, clock } = openNode("first");
  node.handle({ kind: "daemon-starting" });
  const changes = Promise.all([node.adjust("first", "a"), node.logout()]);
  await clock.advance(100);
  expect(names()).toEqual([]);
  node.handle({ kind: "daemon-running" });
  await clock.advance(100);
  await changes;
  expect(names()).toEqual(["patchPrefs", "logout"]);
});

test("the paths to other devices are looked at often while somebody visits, and seldom otherwise", async () => {
  const { node, looks, clock, sees } = await connectedNode();
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
  const { node, looks } = openNode();
  await node.refresh();
  await node.lookAtPaths(true);
  expect(looks()).toBe(0);
});
