import type { ControlTrouble } from "../../../control/trouble.ts";
import type { Condition } from "../../daemon/heartbeat.ts";
import type { Peer } from "../../localapi/peers.ts";
import type { LoginProfile, Notify, Prefs, Status, Warning } from "../../localapi/types.ts";
import { isFlowLogsRefusal } from "./tailnet-demands.ts";

/** Everything known about the node; only `reduce` changes it. */
export interface NodeMemory {
  daemon:
    | { phase: "starting"; condition?: Condition }
    | { phase: "running"; condition?: Condition }
    | { phase: "failing"; exits: number };
  status: Status | null;
  prefs: Prefs | null;
  profiles: { all: readonly LoginProfile[]; current: LoginProfile } | null;
  warnings: Readonly<Record<string, Warning>>;
  /** A login that a user requested and that has not ended. */
  login: {
    url: string | null;
    byKey: boolean;
    /** The answer is overdue. */
    slow: boolean;
    error: string | null;
    /** Result of our own probe of its control server. */
    probed: ControlTrouble | null;
    /** For a renewal, the key that it replaces. Null for a login of a node that is not on the tailnet. */
    renews: string | null;
    /** The control server has accepted it. tailscaled reports that only after it has received the tailnet's netmap. */
    finished: boolean;
  } | null;
  /** Logged in as a new device, and no other device is known to have learned of it yet. */
  isUnknown: boolean;
  /** Keys that tailnet lock must sign for this device; empty unless it is locked out. */
  keysToSign: readonly string[];
  /** tailscaled leaves a tailnet that requires network flow logs, because it runs without logs. */
  refusesFlowLogs: boolean;
  /**
   * ID of the profile that tailscaled left because of flow logs and has not tried since; null when there is none. tailscaled itself only
   * stores that it should not run, and reports the reason only when it connects to the tailnet again.
   */
  flowLogsProfile: string | null;
  /** The other devices at the last check. */
  peers: readonly SeenPeer[];
  /** The control server doesn't answer although tailscaled believes it is connected. */
  controlSilent: boolean;
  /** We asked a tailscaled on the tailnet to reconnect to the control server. It reports connecting but keeps carrying all traffic. */
  triesControl: boolean;
}

export type SeenPeer = Pick<Peer, "addresses" | "path">;

export type NodeEvent =
  | { kind: "daemon-starting" }
  | { kind: "daemon-running" }
  | { kind: "daemon-condition"; condition: Condition }
  /** `exits`: consecutive exits before the daemon stayed up for a while. */
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
  /** Result of our own probe of the login's control server. */
  | { kind: "control-seen"; trouble: ControlTrouble }
  /** The login was tried and is over. `error`: tailscaled's own words; null when it gave none. */
  | { kind: "login-given-up"; error: string | null }
  | { kind: "login-ended" }
  /** Another device answered, none is online, or we stop waiting. */
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

/** After this many consecutive exits we report tailscaled as failing; it still restarts. */
const EXITS_UNTIL_FAILED = 3;

export function reduce(memory: NodeMemory, event: NodeEvent): NodeMemory {
  switch (event.kind) {
    case "daemon-starting":
    case "daemon-running":
    case "daemon-condition":
    case "daemon-exited":
      return reduceDaemon(memory, event);
    case "login-asked":
    case "login-slow":
    case "control-seen":
    case "login-given-up":
    case "login-ended":
      return reduceLogIn(memory, event);
    case "notify":
      return reduceNotify(memory, event.notify);
    case "observed":
      return reduceObserved(memory, event);
    case "control-heard":
      return { ...memory, controlSilent: event.isSilent };
    case "control-tried":
      return { ...memory, triesControl: memory.triesControl || memory.status?.BackendState === "Running" };
    case "peers-seen":
      return { ...memory, peers: event.peers };
    case "introduced":
      return { ...memory, isUnknown: false };
  }
}

type EventOf<Kind extends NodeEvent["kind"]> = Extract<NodeEvent, { kind: Kind }>;

function reduceDaemon(
  memory: NodeMemory,
  event: EventOf<"daemon-starting" | "daemon-running" | "daemon-condition" | "daemon-exited">,
): NodeMemory {
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
      // The previous daemon's state is no longer valid.
      return {
        ...initialMemory,
        flowLogsProfile: memory.flowLogsProfile,
        daemon:
          event.exits >= EXITS_UNTIL_FAILED
            ? { phase: "failing", exits: event.exits }
            : { phase: "starting" },
      };
  }
}

function reduceLogIn(
  memory: NodeMemory,
  event: EventOf<"login-asked" | "login-slow" | "control-seen" | "login-given-up" | "login-ended">,
): NodeMemory {
  const { login, isUnknown } = memory;
  if (event.kind === "login-asked") {
    const { byKey, renews } = event;
    const asked = { url: null, byKey, slow: false, error: null, probed: null, renews, finished: false };
    return { ...memory, isUnknown: isUnknown || renews === null, login: asked };
  }
  if (event.kind === "login-ended") return { ...memory, login: null, isUnknown: false };
  if (login === null) return memory;
  switch (event.kind) {
    case "login-slow":
      return login.url !== null || login.finished ? memory : { ...memory, login: { ...login, slow: true } };
    case "control-seen":
      return { ...memory, login: { ...login, probed: event.trouble } };
    case "login-given-up":
      return { ...memory, login: { ...login, url: null, slow: true, error: event.error } };
  }
}

function reduceObserved(
  memory: NodeMemory,
  { status, prefs, profiles, keysToSign = [] }: EventOf<"observed">,
): NodeMemory {
  const triesControl = memory.triesControl && isStillTrying(status);
  const login = loginAfter(memory.login, status);
  const flowLogs = flowLogsAfter(memory, prefs, profiles.current);
  return { ...memory, status, prefs, profiles, triesControl, login, keysToSign, ...flowLogs };
}

/** Resuming retries the tailnet. A profile that was left keeps its reason until it is retried. */
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

/** The retry is over once the control server answers or tailscaled enters any state other than NoState, Starting or Running. */
function isStillTrying({ BackendState, Self }: Status): boolean {
  if (BackendState === "Running") return Self?.Online !== true;
  return BackendState === "NoState" || BackendState === "Starting";
}

function loginAfter(login: NodeMemory["login"], status: Status): NodeMemory["login"] {
  if (login === null || hasEnded(login, status)) return null;
  const url = status.AuthURL || login.url || null;
  // A link that arrives after `LoginFinished` belongs to another login.
  return { ...login, url, finished: !status.AuthURL && login.finished };
}

/** A login ends when the node is on the tailnet. A renewal keeps the node there, so it ends when the key changes. */
function hasEnded({ renews }: NonNullable<NodeMemory["login"]>, status: Status): boolean {
  if (status.BackendState !== "Running" && status.BackendState !== "NeedsMachineAuth") return false;
  const key = status.Self?.PublicKey ?? "";
  return renews === null || (key !== "" && key !== renews);
}

/** The last line on a bus that was not read in time; says nothing about the login. Source: `ipn/ipnlocal/local.go`. */
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
