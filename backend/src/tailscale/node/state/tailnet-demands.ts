import type { Fault } from "@tailnet-share/contract/errors";
import type { Status } from "../../localapi/types.ts";

/* Demands that a tailnet makes of a device beyond a login. Each text names its source in tailscale 1.102.3. */

/** `LockedOut` in `health/healthmsg/healthmsg.go`. */
const LOCKED_OUT = /this node is locked out/;
/** `setClientStatus` in `ipn/ipnlocal/local.go`. */
const FLOW_LOGS = /tailnet requires logging to be enabled/;

/** Returns whether tailnet lock cuts this device off from all others. tailscaled still reports that it runs. */
export function isLockedOut({ Health }: Pick<Status, "Health">): boolean {
  return (Health ?? []).some((text) => LOCKED_OUT.test(text));
}

/** `keys`: the keys to sign; empty until tailscaled reports them. */
export function lockedOutFault(keys: readonly string[]): Fault {
  const fault = {
    code: "TAILNET_LOCKED_OUT" as const,
    message: "Tailnet lock is on and nobody has signed this device, so no other device can reach it.",
  };
  if (keys.length === 0) return { ...fault, hint: "Sign it on a device with a trusted key." };
  const command = ["tailscale lock sign", ...keys].join(" ");
  return { ...fault, hint: `On a device with a trusted key, run: ${command}`, command };
}

/** Returns whether tailscaled leaves the tailnet because the tailnet records network flows. */
export function isFlowLogsRefusal(message: string | null | undefined): boolean {
  return FLOW_LOGS.test(message ?? "");
}

export const FLOW_LOGS_REFUSED: Fault = {
  code: "FLOW_LOGS_REQUIRED",
  message:
    "This tailnet records network flows. tailscaled takes part only if it sends logs to Tailscale, which it never does here, so it has paused.",
  hint: "Use another tailnet, or ask an admin to turn network flow logs off and resume.",
};
