import { expect, test } from "vitest";
import { connectedNode, openNode, request } from "./node.testing.ts";
import { planNode } from "./preferences.ts";

const wish = { account: "a", hostname: "laptop" };
const named = { account: "a", hostname: "laptop", acceptsDns: false };

test.each([
  ["nothing while it is logged out", null, null],
  ["nothing for a node as it should be", named, null],
  ["its name", { ...named, hostname: "docker" }, "laptop"],
  ["nothing for the name of another account's node", { ...named, account: "b", hostname: "docker" }, null],
])("sets %s", (_what, preferences, hostname) => {
  const steps = hostname === null ? [] : [{ kind: "node-adjust", account: "a", hostname }];
  expect(planNode(wish, preferences)).toEqual(steps);
});

test("a node never accepts the tailnet's DNS, and keeps its name when that is set", () => {
  for (const account of ["a", "b"])
    expect(planNode(wish, { ...named, account, acceptsDns: true })).toEqual([
      { kind: "node-adjust", account, hostname: null },
    ]);
});

test("sets the preferences of the account that they are for, and of no other", async () => {
  const { node, calls } = await connectedNode();
  await node.adjust("first", "laptop");
  await node.adjust("first", null);
  await node.adjust("second", "laptop");
  expect(calls).toEqual(['patchPrefs {"Hostname":"laptop","CorpDNS":false}', 'patchPrefs {"CorpDNS":false}']);
});

test("an account that is switched to meanwhile keeps its name", async () => {
  const { node, names } = await connectedNode();
  await Promise.all([node.switchAccount("other"), node.adjust("first", "laptop")]);
  expect(names()).toEqual(["switchProfile", "patchPrefs"]);
});

test("knows no preferences before a login, while one is under way, or while tailscaled starts", async () => {
  const { node } = openNode();
  await node.refresh();
  expect(node.preferences()).toBeNull();
  await node.login(request);
  expect(node.preferences()).toBeNull();
  const connected = (await connectedNode()).node;
  expect(connected.preferences()).toEqual({ account: "first", hostname: "", acceptsDns: false });
  connected.handle({ kind: "daemon-exited", exits: 1 });
  expect(connected.preferences()).toBeNull();
});
