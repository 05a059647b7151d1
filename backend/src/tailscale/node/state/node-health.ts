import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { Update } from "@tailnet-share/contract/node";
import type { Settings } from "@tailnet-share/contract/settings";
import { knownFault } from "./advisories.ts";
import { shortVersion } from "./node-identity.ts";
import type { NodeMemory } from "./node-memory.ts";
import { nodeState } from "./node-state.ts";
import { FLOW_LOGS_REFUSED } from "./tailnet-demands.ts";

/** tailscaled's warnings about newer releases, which `updates` handles. Source: `tsconst/health.go`. */
const UPDATE_WARNING = "update-available";
const SECURITY_WARNING = "security-update-available";

const CONTROL_AWAY: Fault = {
  code: "CONTROL_UNREACHABLE",
  message: "Can't reach the control server. Devices that know this node still reach its shares.",
  hint: "Check your internet connection. Reconnecting automatically.",
};
const NOT_REACHED: Fault = {
  code: "CONTROL_UNREACHABLE",
  message: "Can't reach the control server, so this node is offline.",
  hint: "Check your internet connection. Reconnecting automatically.",
};
/** tailscaled raises this warning only after eight minutes; the lost connection itself shows at once. Source: `health/warnings.go`. */
const CONTROL_WARNING = "not-in-map-poll";

/** Returns lasting faults of a logged-in node. Reports nothing during warm-up, when every connection looks broken. */
export function healthAlerts(memory: NodeMemory): Fault[] {
  const { daemon, warnings, status } = memory;
  if (memory.refusesFlowLogs) return [FLOW_LOGS_REFUSED];
  const outOfSync = daemon.phase === "running" && daemon.condition === "out-of-sync";
  // It has been connecting for seconds, and can't finish without the control server.
  if (outOfSync && nodeState(memory).state === "connecting") return [NOT_REACHED];
  const isOn = status?.BackendState === "Running" || memory.triesControl;
  if (!isOn || "warming-up" in warnings) return [];
  const otherWarnings = Object.entries(warnings).flatMap(([code, warning]): Fault[] => {
    if ([CONTROL_WARNING, UPDATE_WARNING, SECURITY_WARNING].includes(code)) return [];
    return warning.ImpactsConnectivity && warning.Text !== ""
      ? [
          {
            code: "TAILNET_HEALTH",
            message: warning.Text,
            hint: "Sharing continues when the cause is gone.",
          },
        ]
      : [];
  });
  return outOfSync || memory.controlSilent || CONTROL_WARNING in warnings
    ? [CONTROL_AWAY, ...otherWarnings]
    : otherWarnings;
}

/**
 * Returns the release that the control server announces when it is newer than the running one. Headscale announces none. Reports a
 * known vulnerability of the running release whatever the server says. Pure.
 * Source: `tailcfg.ClientVersion`, and `showUpdateWarnable` in `health/health.go` for the resulting warnings.
 */
export function updates({ status, warnings }: NodeMemory): Update[] {
  if (status === null) return [];
  const running = shortVersion(status);
  const announced = status.ClientVersion ?? null;
  const warned = UPDATE_WARNING in warnings || SECURITY_WARNING in warnings;
  const known = knownFault(running);
  if (known === null && (announced === null ? !warned : announced.RunningLatest)) return [];
  const latest = announced?.LatestVersion || known?.mendedIn || "";
  const security = known !== null || announced?.UrgentSecurityUpdate === true || SECURITY_WARNING in warnings;
  // An empty answer says nothing, and a server may name the release that already runs.
  if (!warned && !security && (latest === "" || latest === running)) return [];
  return [{ part: "tailscale", running, latest, security, bulletin: known?.bulletin ?? "" }];
}

/** Keeps the updates that the user wants notices for. Pure. */
export function wantedUpdates(all: Update[], notices: Settings["updateNotices"]): Update[] {
  switch (notices) {
    case "all":
      return all;
    case "security":
      return all.filter(({ security }) => security);
    case "none":
      return [];
    default:
      return assertNever(notices);
  }
}
