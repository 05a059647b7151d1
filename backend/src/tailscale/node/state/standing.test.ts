import type { NodeState } from "@tailnet-share/contract/node";
import { expect, it } from "vitest";
import { connectedNode } from "../../../testing.ts";
import { standingOf } from "./node-state.ts";

it.each<[string, NodeState, boolean]>([
  ["another path to a visitor", { ...connectedNode, paths: { direct: 1, relayed: 2, relay: "fra" } }, true],
  ["another expiry of its key", { ...connectedNode, keyExpiry: "2027-01-01T00:00:00Z" }, true],
  ["another tailnet", { ...connectedNode, tailnet: "other.com" }, false],
  ["another address", { ...connectedNode, addresses: ["100.64.0.99"] }, false],
  ["another name", { ...connectedNode, name: "other" }, false],
  ["a log-out", { state: "logged-out", login: null, fault: null }, false],
  ["a pause", { state: "connecting", waitsFor: "the tailnet" }, false],
])("a node that is connected: %s leaves its standing as it was: %s", (_what, node, same) => {
  expect(standingOf(node) === standingOf(connectedNode)).toBe(same);
});
