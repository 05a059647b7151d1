import type { Account, NodeState } from "@tailnet-share/contract/node";
import { describe, expect, it } from "vitest";
import { connectedNode } from "../testing.ts";
import { controlUrlOf, homeOf, normalHome, sameServer, TAILSCALE_CONTROL_URL, tailnetHome } from "./home.ts";

const account = (controlUrl: string, current = true): Account => ({
  id: controlUrl,
  user: "anna",
  tailnet: connectedNode.tailnet,
  controlUrl,
  current,
});
const node = (accounts: readonly Account[], state: NodeState = connectedNode) => ({
  state: () => state,
  accounts: () => accounts,
});
const OWN = "https://control.example";
const paused: NodeState = {
  ...{ state: "paused", name: "docker", dnsName: "docker.tail.test", addresses: [], tailnet: "example.com" },
  ...{ user: "anna", magicDns: true, keyExpiry: null },
};

describe("which tailnet a node is in", () => {
  it.each([
    ["an empty setting and the account's whole address", node([account(TAILSCALE_CONTROL_URL)]), ""],
    ["an empty setting and an account without an address", node([account("")]), ""],
    ["an empty setting and no account yet", node([]), ""],
    ["a setting that was changed after the log-in", node([account(TAILSCALE_CONTROL_URL)]), OWN],
    ["another account that is not in use", node([account(OWN, false), account(TAILSCALE_CONTROL_URL)]), OWN],
    ["a node that is paused", node([account(TAILSCALE_CONTROL_URL)], paused), ""],
  ])("is Tailscale's own with %s", (_case, of, setting) => {
    expect(homeOf(of, setting)).toBe(`${TAILSCALE_CONTROL_URL} example.com`);
  });

  it.each([
    ["the setting, without an account", node([]), OWN],
    ["the account", node([account(OWN)]), ""],
    ["an address with a slash at its end", node([account(`${OWN}/`)]), ""],
  ])("is named by %s", (_case, of, setting) => {
    expect(homeOf(of, setting)).toBe(`${OWN} example.com`);
  });

  it.each([
    [{ state: "logged-out", login: null, fault: null }],
    [{ state: "starting", waitsFor: "tailscaled" }],
    [{ state: "connecting", waitsFor: "the tailnet" }],
  ] satisfies [NodeState][])("is none while the node is %j", (state) => {
    expect(homeOf(node([account(OWN)], state), OWN)).toBeNull();
  });
});

describe("a home that an earlier release wrote", () => {
  it.each([
    [" example.com", `${TAILSCALE_CONTROL_URL} example.com`],
    [`${TAILSCALE_CONTROL_URL} example.com`, `${TAILSCALE_CONTROL_URL} example.com`],
    [`${OWN}/ anna@example.com`, `${OWN} anna@example.com`],
    [`${OWN} Anna's tailnet`, `${OWN} Anna's tailnet`],
  ])("%j is read as %j", (before, now) => {
    expect(normalHome(before)).toBe(now);
    expect(normalHome(now)).toBe(now);
    expect(sameServer(controlUrlOf(before), controlUrlOf(now))).toBe(true);
  });
});

it("a home names its control server in whole", () => {
  expect(controlUrlOf(tailnetHome("", "example.com"))).toBe(TAILSCALE_CONTROL_URL);
});
