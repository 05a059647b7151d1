import type { Fault } from "@tailnet-share/contract/errors";
import type { NodeMemory } from "./node-state.ts";

/** Why the log-in that is under way does not get on, in the contract's words; null when nothing is known against it. Pure. */
export function loginFault(memory: NodeMemory): Fault | null {
  const { login, prefs } = memory;
  if (login === null) return null;
  const lastError = loginError(memory);
  if (login.byKey && (lastError !== null || login.slow)) {
    return isUnreachable(lastError)
      ? unreachable(prefs?.ControlURL ?? "")
      : {
          code: "AUTH_KEY_REFUSED",
          message: `The control server did not accept the auth key${lastError ? `: ${lastError}` : "."}`,
          hint: "Make a new key in the admin console and try again.",
        };
  }
  if (lastError !== null && !isUnreachable(lastError)) {
    return {
      code: "LOGIN_FAILED",
      message: `The log-in failed: ${lastError}`,
      hint: "Get a new link and try again.",
    };
  }
  return login.slow ? unreachable(prefs?.ControlURL ?? "") : null;
}

/** What tailscaled says against it, in its own words. */
export function loginError({ login, status, warnings }: NodeMemory): string | null {
  return login?.error ?? lastLoginError(warnings["login-state"]?.Text ?? status?.Health?.join("\n") ?? "");
}

/** tailscaled words it so in `health/warnings.go`. */
function lastLoginError(text: string): string | null {
  const error = /last login error was: (.+)/.exec(text)?.[1] ?? null;
  // What a control client says that was replaced by the next one; it tells nothing about the control server.
  return error?.includes("context canceled") ? null : error;
}

function isUnreachable(error: string | null): boolean {
  return (
    error !== null && /dial|timeout|refused|no route|unreachable|deadline|lookup|EOF|connect/i.test(error)
  );
}

function unreachable(controlUrl: string): Fault {
  return {
    code: "CONTROL_UNREACHABLE",
    message: `The control server ${hostOf(controlUrl)} does not answer.`,
    hint: "Check the address and this machine's connection, then try again.",
  };
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
