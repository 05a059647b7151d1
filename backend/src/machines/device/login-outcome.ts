import type { Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";

/** `done`: needs nothing more from us, because the machine is in or a person has a link. */
export type LogInOutcome =
  | { readonly state: "done" }
  | { readonly state: "waiting" }
  | { readonly state: "failed"; readonly fault: Fault };

/** Judges a login by the node's state after the request. Pure. */
export function logInOutcome(node: NodeState, byKey: boolean): LogInOutcome {
  if (node.state !== "logged-out" && node.state !== "expired") return { state: "done" };
  if (node.fault !== null) return { state: "failed", fault: node.fault };
  if (node.login?.url == null) return { state: "waiting" };
  return byKey ? { state: "failed", fault: KEY_IGNORED } : { state: "done" };
}

const KEY_IGNORED: Fault = {
  code: "AUTH_KEY_REFUSED",
  message: "The auth key wasn't accepted.",
  hint: "Create a new key in the admin console and save it in Settings.",
};

/** Returns whether a login is under way that has neither a link nor a fault yet. It is not planned again, and has not succeeded. Pure. */
export function isLoggingIn(node: NodeState): boolean {
  if (node.state !== "logged-out" && node.state !== "expired") return false;
  return node.login !== null && node.login.url === null && node.fault === null;
}
