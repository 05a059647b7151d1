import type { Fault } from "@tailnet-share/contract/errors";
import { loginFaultOf } from "../../../control/fault.ts";
import { TAILSCALE_CONTROL_URL } from "../../../control/home.ts";
import { type LoginTrouble, loginTroubleIn } from "../../../control/trouble.ts";
import type { NodeMemory } from "./node-memory.ts";

/** Returns why the current login is stuck, in the contract's words; null when no fault is known. Pure. */
export function loginFault(memory: NodeMemory): Fault | null {
  const { login, prefs } = memory;
  if (login === null) return null;
  const text = loginError(memory);
  const trouble = troubleOf(login, text);
  if (trouble === null) return null;
  const controlUrl = prefs?.ControlURL || TAILSCALE_CONTROL_URL;
  return loginFaultOf({ trouble, controlUrl, byKey: login.byKey, text });
}

/** Prefers tailscaled's error, unless it is only a timeout: our own probe may know the cause. */
function troubleOf(
  { byKey, slow, url, probed }: NonNullable<NodeMemory["login"]>,
  text: string | null,
): LoginTrouble | null {
  const reported = text === null ? null : loginTroubleIn(text);
  if (reported !== null && reported !== "unreachable") return reported;
  if (probed !== null && probed !== "unreachable" && url === null) return probed;
  // tailscaled keeps retrying and may succeed. A timeout says nothing about the key.
  const isOver = slow || (reported !== null && byKey);
  return isOver ? "unreachable" : null;
}

/** Returns tailscaled's own error text for the login. */
export function loginError({ login, status, warnings }: NodeMemory): string | null {
  return login?.error ?? lastLoginError(warnings["login-state"]?.Text ?? status?.Health?.join("\n") ?? "");
}

/** Parses the wording of `health/warnings.go`. */
function lastLoginError(text: string): string | null {
  const error = /last login error was: (.+)/s.exec(text)?.[1] ?? null;
  // A replaced control client reports this; it says nothing about the control server.
  return error?.includes("context canceled") ? null : error;
}
