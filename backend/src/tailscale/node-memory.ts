import type { ControlTrouble } from "../control/trouble.ts";
import type { Condition } from "./heartbeat.ts";
import type { Peer } from "./peers.ts";
import { isFlowLogsRefusal } from "./tailnet-demands.ts";
import type { LoginProfile, Notify, Prefs, Status, Warning } from "./types.ts";

/** Everything known about the node; changed by `reduce` alone. */
export interface NodeMemory {
  daemon:
    | { phase: "starting"; condition?: Condition }
    | { phase: "running"; condition?: Condition }
    | { phase: "failing"; exits: number };
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
    /** Result of our own probe of its control server. */
    seen: ControlTrouble | null;
    /** A renewal: the key that it is to replace. Null for a log-in of a node that is not on the tailnet. */
    renews: string | null;
    /** The control server has accepted it; tailscaled says so only when it has heard of the tailnet. */
    finished: boolean;
  } | null;
  /** It was logged in as a new device, and no other device is known to have heard of it. */
  isUnknown: boolean;
  /** Keys that tailnet lock has to sign for this device; empty unless it is locked out. */
  keysToSign: readonly string[];
  /** tailscaled leaves a tailnet with network flow logs, because it runs without logs. */
  refusesFlowLogs: boolean;
  /**
   * The profile that tailscaled has left so and not tried since, by its ID; null for none. tailscaled itself only keeps that it is not to
   * run, and says why only when it meets the tailnet again.
   */
  flowLogsProfile: string | null;
  /** The other devices, when they were looked at last. */
  peers: readonly SeenPeer[];
  /** The control server does not answer, although tailscaled believes to hear it. */
  controlSilent: boolean;
  /** A tailscaled that was on the tailnet has been told to try the control server anew. It says so, and goes on carrying everything. */
  triesControl: boolean;
}

export type SeenPeer = Pick<Peer, "addresses" | "path">;

export type NodeEvent =
  | { kind: "daemon-starting" }
  | { kind: "daemon-running" }
  | { kind: "daemon-condition"; condition: Condition }
  /** `exits`: how often in a row it ended before it was up for a while. */
  | { kind: "daemon-exited"; exits: number }
  | { kind: "notify"; notify: Notify }
  | {
      kind: "observed";
      status: Status;
      prefs: Prefs;
      profiles: { all: readonly LoginProfile[]; current: LoginProfile };
      keysToSign?: readonly string[];
    }
  | { kind: "login-asked"; byKey: boolean; renews: string | null }
  | { kind: "peers-seen"; peers: readonly SeenPeer[] }
  | { kind: "control-heard"; isSilent: boolean }
  | { kind: "control-tried" }
  | { kind: "login-slow" }
  /** Result of our own probe of the log-in's control server. */
  | { kind: "control-seen"; trouble: ControlTrouble }
  /** It was tried, and is tried no more. `error`: in tailscaled's words; null where it gave none. */
  | { kind: "login-given-up"; error: string | null }
  | { kind: "login-ended" }
  /** Another device answered, or none is there to answer, or we stop waiting for one. */
  | { kind: "introduced" };

export const initialMemory: NodeMemory = {
  daemon: { phase: "starting" },
  status: null,
  prefs: null,
  profiles: null,
  warnings: {},
  login: null,
  isUnknown: false,
  keysToSign: [],
  refusesFlowLogs: false,
  flowLogsProfile: null,
  peers: [],
  controlSilent: false,
  triesControl: false,
};

/** After this many exits in a row we say that tailscaled fails, although it is still being started again. */
const EXITS_UNTIL_FAILED = 3;

export function reduce(memory: NodeMemory, event: NodeEvent): NodeMemory {
  switch (event.kind) {
    case "daemon-starting":
      return memory.daemon.phase === "failing" ? memory : { ...memory, daemon: { phase: "starting" } };
    case "daemon-running":
      return { ...memory, daemon: { phase: "running" } };
    case "daemon-condition":
      return memory.daemon.phase === "failing"
        ? memory
        : { ...memory, daemon: { phase: memory.daemon.phase, condition: event.condition } };
    case "daemon-exited":
      // What the last daemon said is no longer true.
      return {
        ...initialMemory,
        flowLogsProfile: memory.flowLogsProfile,
        daemon:
          event.exits >= EXITS_UNTIL_FAILED
            ? { phase: "failing", exits: event.exits }
            : { phase: "starting" },
      };
    case "notify":
      return reduceNotify(memory, event.notify);
    case "observed": {
      const { status, prefs, profiles, keysToSign = [] } = event;
      const triesControl = memory.triesControl && isStillTrying(status);
      const login = loginAfter(memory.login, status);
      const flowLogs = flowLogsAfter(memory, prefs, profiles.current);
      return { ...memory, status, prefs, profiles, triesControl, login, keysToSign, ...flowLogs };
    }
    case "control-heard":
      return { ...memory, controlSilent: event.isSilent };
    case "control-tried":
      return { ...memory, triesControl: memory.triesControl || memory.status?.BackendState === "Running" };
    case "peers-seen":
      return { ...memory, peers: event.peers };
    case "login-asked":
      return {
        ...memory,
        isUnknown: memory.isUnknown || event.renews === null,
        login: {
          url: null,
          byKey: event.byKey,
          slow: false,
          error: null,
          seen: null,
          renews: event.renews,
          finished: false,
        },
      };
    case "login-slow":
      return memory.login === null || memory.login.url !== null || memory.login.finished
        ? memory
        : { ...memory, login: { ...memory.login, slow: true } };
    case "control-seen":
      return memory.login === null ? memory : { ...memory, login: { ...memory.login, seen: event.trouble } };
    case "login-given-up":
      return memory.login === null
        ? memory
        : { ...memory, login: { ...memory.login, url: null, slow: true, error: event.error } };
    case "login-ended":
      return { ...memory, login: null, isUnknown: false };
    case "introduced":
      return { ...memory, isUnknown: false };
  }
}

/** Resuming tries again. A profile that has been left keeps its reason until it is tried. */
function flowLogsAfter(
  { refusesFlowLogs, flowLogsProfile }: NodeMemory,
  { WantRunning }: Prefs,
  { ID }: LoginProfile,
): Pick<NodeMemory, "refusesFlowLogs" | "flowLogsProfile"> {
  const isRemembered = ID !== "" && ID === flowLogsProfile;
  if (WantRunning) return { refusesFlowLogs: false, flowLogsProfile: isRemembered ? null : flowLogsProfile };
  const refuses = refusesFlowLogs || isRemembered;
  return { refusesFlowLogs: refuses, flowLogsProfile: refuses && ID !== "" ? ID : flowLogsProfile };
}

/** What is not `Running` on the way is the end of it, and so is a word from the control server. */
function isStillTrying({ BackendState, Self }: Status): boolean {
  if (BackendState === "Running") return Self?.Online !== true;
  return BackendState === "NoState" || BackendState === "Starting";
}

function loginAfter(login: NodeMemory["login"], status: Status): NodeMemory["login"] {
  if (login === null || hasEnded(login, status)) return null;
  const url = status.AuthURL || login.url || null;
  // A link after that is another log-in's.
  return { ...login, url, finished: !status.AuthURL && login.finished };
}

/** A log-in ends when the node is on the tailnet. A renewal, during which it stays there, ends with another key. */
function hasEnded({ renews }: NonNullable<NodeMemory["login"]>, status: Status): boolean {
  if (status.BackendState !== "Running" && status.BackendState !== "NeedsMachineAuth") return false;
  const key = status.Self?.PublicKey ?? "";
  return renews === null || (key !== "" && key !== renews);
}

/** The last line of a bus that was not read in time; nothing about the log-in. Source: `ipn/ipnlocal/local.go`. */
const FELL_BEHIND = "IPN bus consumer fell behind; closing watch";

function reduceNotify(memory: NodeMemory, notify: Notify): NodeMemory {
  let { login, warnings, refusesFlowLogs } = memory;
  const refusal = isFlowLogsRefusal(notify.ErrMessage);
  if (refusal) refusesFlowLogs = true;
  if (notify.Health) warnings = notify.Health.Warnings ?? {};
  if (login && notify.BrowseToURL)
    login = { ...login, url: notify.BrowseToURL, slow: false, finished: false };
  if (login && notify.ErrMessage && notify.ErrMessage !== FELL_BEHIND && !refusal)
    login = { ...login, error: notify.ErrMessage };
  if (login && notify.LoginFinished) login = { ...login, url: null, error: null, finished: true };
  return { ...memory, login, warnings, refusesFlowLogs };
}
