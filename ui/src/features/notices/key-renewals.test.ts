import type { NodeState } from "@tailnet-share/contract/node";
import { expect, test } from "vitest";
import { connected } from "../../testing/fixtures.ts";
import { createKeyRenewals } from "./key-renewals.ts";

const OLD = "2026-03-10T00:00:00Z";
const NEW = "2026-09-10T00:00:00Z";
const node = (keyExpiry: string, renews: boolean, user = "anna@example.com") =>
  connected({ user, keyExpiry, renewal: renews ? { url: null, fault: null } : null });
const AWAY: NodeState = { state: "connecting", waitsFor: "the control server" };

/** Steps of a renewal; `away`: the node isn't connected for a moment. */
const STEPS = {
  before: node(OLD, false),
  begun: node(OLD, true),
  keyed: node(NEW, true),
  ended: node(OLD, false),
  after: node(NEW, false),
  away: AWAY,
} as const;

test.each<[string, readonly (keyof typeof STEPS)[]]>([
  ["both at once", ["before", "begun", "after"]],
  ["the new key first", ["before", "begun", "keyed", "after"]],
  ["its end first", ["before", "begun", "ended", "after"]],
  ["the node away in the middle", ["before", "begun", "away", "after"]],
  ["the node away after the new key", ["before", "begun", "keyed", "away", "keyed", "away", "after"]],
  ["the node away after its end", ["before", "begun", "ended", "away", "after"]],
  ["the panel opened during it", ["begun", "after"]],
])("a renewal is found once: %s", (_what, steps) => {
  const renewals = createKeyRenewals();
  const found = steps.map((step) => renewals.take(STEPS[step]));
  expect(found).toEqual(steps.map((_step, index) => index === steps.length - 1));
  expect(renewals.take(STEPS.after)).toBe(false);
});

test.each<[string, readonly NodeState[]]>([
  ["a key that changes without a renewal", [node(OLD, false), node(NEW, false)]],
  ["a renewal that is cancelled", [node(OLD, false), node(OLD, true), node(OLD, false)]],
  [
    "another account in the middle of one",
    [node(OLD, false), node(OLD, true), node(NEW, false, "colleague@example.com"), node(NEW, false)],
  ],
  ["a node that is away", [node(OLD, false), node(OLD, true), AWAY]],
])("%s is none", (_what, states) => {
  const renewals = createKeyRenewals();
  expect(states.map((state) => renewals.take(state))).not.toContain(true);
});
