import type { NodeState } from "@tailnet-share/contract/node";
import { expect, it } from "vitest";
import { connectedNode } from "../../testing.ts";
import { isLoggingIn, logInOutcome } from "./login-outcome.ts";

const fault = { code: "AUTH_KEY_REFUSED" as const, message: "refused", hint: "" };
const link = { url: "https://login.test/a/1" };

it.each<[string, NodeState, boolean]>([
  ["just asked for", { state: "logged-out", login: { url: null }, fault: null }, true],
  [
    "just asked for after the key expired",
    { state: "expired", name: "web", login: { url: null }, fault: null },
    true,
  ],
  ["refused", { state: "logged-out", login: { url: null }, fault }, false],
  ["waiting for its link to be opened", { state: "logged-out", login: link, fault: null }, false],
  ["not asked for", { state: "logged-out", login: null, fault: null }, false],
  ["done", connectedNode, false],
])("a login that is %s is under way: %s", (_what, node, expected) => {
  expect(isLoggingIn(node)).toBe(expected);
});

it.each<[string, NodeState, boolean, string]>([
  ["has just been asked for", { state: "logged-out", login: { url: null }, fault: null }, false, "waiting"],
  ["has a link for a person", { state: "logged-out", login: link, fault: null }, false, "done"],
  ["has a link in spite of its key", { state: "logged-out", login: link, fault: null }, true, "failed"],
  ["was refused", { state: "logged-out", login: { url: null }, fault }, true, "failed"],
  ["ended on the tailnet", connectedNode, true, "done"],
])("the outcome of a login that %s", (_what, node, byKey, state) => {
  expect(logInOutcome(node, byKey).state).toBe(state);
});
