import type { Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";

/** Returns undefined when a log-in needs nothing more from us, null while it is in progress, else the fault that stopped it. */
export function loginFault(state: NodeState, byKey: boolean): Fault | null | undefined {
  if (state.state !== "logged-out" && state.state !== "expired") return undefined;
  if (state.fault !== null) return state.fault;
  if (state.login?.url == null) return null;
  return byKey ? KEY_IGNORED : undefined;
}

const KEY_IGNORED: Fault = {
  code: "AUTH_KEY_REFUSED",
  message: "The auth key wasn't accepted.",
  hint: "Create a new key in the admin console and save it in Settings.",
};

/** Whether a log-in is under way that has neither a link nor a fault yet. It is not planned again, and has not succeeded. Pure. */
export function isLoggingIn(node: NodeState): boolean {
  if (node.state !== "logged-out" && node.state !== "expired") return false;
  return node.login !== null && node.login.url === null && node.fault === null;
}
