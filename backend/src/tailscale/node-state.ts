import type { Fault } from "@tailnet-share/contract/errors";
import type { Account, NodeState } from "@tailnet-share/contract/model";
import type { LoginProfile, Notify, Prefs, Status, Warning } from "./types.ts";

/** Everything known about the node; changed by `reduce` alone. */
export interface NodeMemory {
  daemon: { phase: "starting" } | { phase: "running" } | { phase: "failing"; exits: number };
  status: Status | null;
  prefs: Prefs | null;
  profiles: { all: readonly LoginProfile[]; current: LoginProfile } | null;
  warnings: Readonly<Record<string, Warning>>;
  /** A log-in that somebody asked for and that has not ended. */
  login: {
    url: string | null;
    byKey: boolean;
    /** It should have had an answer by now. */
    slow: boolean;
    error: string | null;
    /** The control server has accepted it; tailscaled says so only when it has heard of the tailnet. */
    finished: boolean;
  } | null;
}

export type NodeEvent =
  | { kind: "daemon-starting" }
  | { kind: "daemon-running" }
  /** `exits`: how often in a row it ended before it was up for a while. */
  | { kind: "daemon-exited"; exits: number }
  | { kind: "notify"; notify: Notify }
  | {
      kind: "observed";
      status: Status;
      prefs: Prefs;
      profiles: { all: readonly LoginProfile[]; current: LoginProfile };
    }
  | { kind: "login-asked"; byKey: boolean }
  | { kind: "login-slow" }
  | { kind: "login-ended" };

export const initialMemory: NodeMemory = {
  daemon: { phase: "starting" },
  status: null,
  prefs: null,
  profiles: null,
  warnings: {},
  login: null,
};

/** After this many exits in a row we say that tailscaled fails, although it is still being started again. */
const EXITS_UNTIL_FAILED = 3;

export function reduce(memory: NodeMemory, event: NodeEvent): NodeMemory {
  switch (event.kind) {
    case "daemon-starting":
      return memory.daemon.phase === "failing" ? memory : { ...memory, daemon: { phase: "starting" } };
    case "daemon-running":
      return { ...memory, daemon: { phase: "running" } };
    case "daemon-exited":
      // What the last daemon said is no longer true.
      return {
        ...initialMemory,
        daemon:
          event.exits >= EXITS_UNTIL_FAILED
            ? { phase: "failing", exits: event.exits }
            : { phase: "starting" },
      };
    case "notify":
      return reduceNotify(memory, event.notify);
    case "observed": {
      const { status, prefs, profiles } = event;
      const ended = status.BackendState === "Running" || status.BackendState === "NeedsMachineAuth";
      const url = status.AuthURL || memory.login?.url || null;
      // A link after that is another log-in's.
      const finished = !status.AuthURL && memory.login?.finished === true;
      return {
        ...memory,
        status,
        prefs,
        profiles,
        login: ended || memory.login === null ? null : { ...memory.login, url, finished },
      };
    }
    case "login-asked":
      return {
        ...memory,
        login: { url: null, byKey: event.byKey, slow: false, error: null, finished: false },
      };
    case "login-slow":
      return memory.login === null || memory.login.url !== null
        ? memory
        : { ...memory, login: { ...memory.login, slow: true } };
    case "login-ended":
      return { ...memory, login: null };
  }
}

function reduceNotify(memory: NodeMemory, notify: Notify): NodeMemory {
  let { login, warnings } = memory;
  if (notify.Health) warnings = notify.Health.Warnings ?? {};
  if (login && notify.BrowseToURL)
    login = { ...login, url: notify.BrowseToURL, slow: false, finished: false };
  if (login && notify.ErrMessage) login = { ...login, error: notify.ErrMessage };
  if (login && notify.LoginFinished) login = { ...login, url: null, error: null, finished: true };
  return { ...memory, login, warnings };
}

/** The node's state in the contract's words. Pure. */
export function nodeState(memory: NodeMemory): NodeState {
  const { daemon, status, prefs, profiles } = memory;
  if (daemon.phase === "failing") {
    return {
      state: "failed",
      fault: {
        code: "TAILSCALED_DOWN",
        message: `tailscaled ended ${daemon.exits} times in a row right after its start.`,
        hint: "It is tried again by itself. The diagnostics file has its last lines.",
      },
    };
  }
  if (daemon.phase === "starting" || !status || !prefs || !profiles)
    return { state: "starting", waitsFor: "tailscaled" };
  switch (status.BackendState) {
    case "NeedsLogin": {
      if (memory.login?.finished) return CONNECTING;
      const login = memory.login ? { url: memory.login.url } : null;
      const fault = loginFault(memory);
      // Logged in once and not logged out by the user: the key expired, or somebody removed the device.
      return profiles.current.ID !== "" && !prefs.LoggedOut
        ? { state: "expired", name: prefs.Hostname || (status.Self?.HostName ?? ""), login, fault }
        : { state: "logged-out", login, fault };
    }
    case "NeedsMachineAuth":
      return { state: "needs-approval", adminUrl: adminUrl(prefs.ControlURL) };
    case "Starting":
      return CONNECTING;
    case "Stopped":
      return { state: "paused", ...identity(status, profiles.current) };
    case "Running":
      return { state: "connected", ...identity(status, profiles.current) };
    default:
      return { state: "starting", waitsFor: "tailscaled" };
  }
}

const CONNECTING: NodeState = { state: "connecting", waitsFor: "the tailnet to answer" };

export function accounts({ profiles }: NodeMemory): Account[] {
  return (profiles?.all ?? []).map((profile) => ({
    id: profile.ID,
    user: profile.UserProfile?.LoginName ?? "",
    tailnet: profile.NetworkProfile?.DisplayName || profile.NetworkProfile?.DomainName || "",
    controlUrl: profile.ControlURL,
    current: profile.ID === profiles?.current.ID,
  }));
}

/** Lasting faults of a node that is logged in. While it warms up every connection looks broken, so nothing is said. */
export function healthAlerts({ warnings, status }: NodeMemory): Fault[] {
  if (status?.BackendState !== "Running" || "warming-up" in warnings) return [];
  return Object.entries(warnings).flatMap(([code, warning]): Fault[] => {
    if (code === "not-in-map-poll") {
      return [
        {
          code: "CONTROL_UNREACHABLE",
          message:
            "The control server does not answer. What is shared stays reachable for devices that know this node.",
          hint: "Check this machine's connection. It goes on by itself.",
        },
      ];
    }
    return warning.ImpactsConnectivity && warning.Text !== ""
      ? [
          {
            code: "TAILNET_HEALTH",
            message: warning.Text,
            hint: "It goes on by itself when the cause is gone.",
          },
        ]
      : [];
  });
}

function identity(status: Status, profile: LoginProfile) {
  const { Self: self, CurrentTailnet: tailnet } = status;
  const dnsName = self?.DNSName.replace(/\.$/, "") ?? "";
  const addresses = self?.TailscaleIPs ?? status.TailscaleIPs ?? [];
  return {
    name: dnsName.split(".")[0] || (self?.HostName ?? ""),
    dnsName,
    addresses: [...addresses].sort((a, b) => Number(a.includes(":")) - Number(b.includes(":"))),
    tailnet: tailnet?.Name ?? "",
    user: status.User?.[String(self?.UserID ?? "")]?.LoginName ?? profile.UserProfile?.LoginName ?? "",
    magicDns: tailnet?.MagicDNSEnabled ?? false,
    keyExpiry: self?.KeyExpiry ?? null,
  };
}

function loginFault({ login, status, warnings, prefs }: NodeMemory): Fault | null {
  if (login === null) return null;
  const lastError =
    login.error ?? lastLoginError(warnings["login-state"]?.Text ?? status?.Health?.join("\n") ?? "");
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

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function adminUrl(controlUrl: string): string {
  const tailscale = controlUrl === "" || /(^|\.)tailscale\.com$/.test(hostOf(controlUrl));
  return tailscale ? "https://login.tailscale.com/admin/machines" : controlUrl;
}
