import type { Fault } from "@tailnet-share/contract/errors";
import type { Status } from "./types.ts";

/* A tailnet may demand more of a device than a log-in. Sources, all of tailscale 1.102.3, are named at each text. */

/** `LockedOut` in `health/healthmsg/healthmsg.go`. */
const LOCKED_OUT = /this node is locked out/;
/** `setClientStatus` in `ipn/ipnlocal/local.go`. */
const FLOW_LOGS = /tailnet requires logging to be enabled/;

/** Whether tailnet lock keeps this device from all others. tailscaled says that it runs all the same. */
export function isLockedOut({ Health }: Pick<Status, "Health">): boolean {
  return (Health ?? []).some((text) => LOCKED_OUT.test(text));
}

/** `keys`: what has to be signed; none while tailscaled has not said. */
export function lockedOutFault(keys: readonly string[]): Fault {
  const fault = {
    code: "TAILNET_LOCKED_OUT" as const,
    message: "Tailnet lock is on and nobody has signed this device, so no other device can reach it.",
  };
  if (keys.length === 0) return { ...fault, hint: "Sign it on a device with a trusted key." };
  const command = ["tailscale lock sign", ...keys].join(" ");
  return { ...fault, hint: `On a device with a trusted key, run: ${command}`, command };
}

/** Whether tailscaled leaves the tailnet because that records network flows. */
export function isFlowLogsRefusal(message: string | null | undefined): boolean {
  return FLOW_LOGS.test(message ?? "");
}

export const FLOW_LOGS_REFUSED: Fault = {
  code: "FLOW_LOGS_REQUIRED",
  message:
    "This tailnet records network flows. tailscaled takes part only if it sends logs to Tailscale, which it never does here, so it has paused.",
  hint: "Use another tailnet, or ask an admin to turn network flow logs off and resume.",
};
