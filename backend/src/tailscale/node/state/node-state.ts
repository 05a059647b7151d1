import type { NodeState } from "@tailnet-share/contract/node";
import type { Peer } from "../../localapi/peers.ts";
import type { LoginProfile, Prefs, Status } from "../../localapi/types.ts";
import { loginFault } from "./login-fault.ts";
import { adminUrl, identity } from "./node-identity.ts";
import type { NodeMemory } from "./node-memory.ts";
import { isLockedOut, lockedOutFault } from "./tailnet-demands.ts";

/** Returns the node's state in the contract's words. Pure. */
export function nodeState(memory: NodeMemory): NodeState {
  const { daemon, status, prefs, profiles } = memory;
  if (daemon.phase === "failing") {
    return {
      state: "failed",
      fault: {
        code: "TAILSCALED_DOWN",
        message: `Tailscale crashed ${daemon.exits} times while starting.`,
        hint: "Retrying automatically. Details are in the diagnostics.",
      },
    };
  }
  if (daemon.condition === "silent") {
    return {
      state: "failed",
      fault: {
        code: "TAILSCALED_DOWN",
        message: "tailscaled does not answer.",
        hint: "Tailnet Share restarts it if this lasts. The diagnostics file has its last lines.",
      },
    };
  }
  if (daemon.phase === "starting" || !status || !prefs || !profiles)
    return { state: "starting", waitsFor: "tailscaled" };
  if (isLost(memory, status, prefs, profiles.current))
    return {
      state: "expired",
      name: prefs.Hostname || (status.Self?.HostName ?? ""),
      login: null,
      fault: null,
    };
  switch (status.BackendState) {
    case "NeedsLogin": {
      if (memory.login?.finished) return CONNECTING;
      const login = memory.login ? { url: memory.login.url } : null;
      const fault = loginFault(memory);
      // Logged in before and not logged out by the user: the key expired, or somebody removed the device.
      return profiles.current.ID !== "" && !prefs.LoggedOut
        ? { state: "expired", name: prefs.Hostname || (status.Self?.HostName ?? ""), login, fault }
        : { state: "logged-out", login, fault };
    }
    case "NeedsMachineAuth":
      return { state: "needs-approval", adminUrl: adminUrl(prefs.ControlURL) };
    case "Starting":
      // A renewal may begin with a fresh control client: tailscaled reports that, but keeps carrying all traffic.
      return carriesOn(memory) ? connected(memory, status, profiles.current) : CONNECTING;
    case "Stopped":
      return { state: "paused", ...identity(status, profiles.current) };
    case "Running":
      if (isLockedOut(status)) return { state: "failed", fault: lockedOutFault(memory.keysToSign) };
      return isIntroducing(memory) ? INTRODUCING : connected(memory, status, profiles.current);
    default:
      return carriesOn(memory)
        ? connected(memory, status, profiles.current)
        : beforeTheTailnet(prefs, profiles.current);
  }
}

/**
 * Returns whether the control server no longer knows the node. When tailscaled reconnects, the server then demands a login that nobody here
 * requested. tailscaled keeps using its previous netmap and reports that it runs. Any previous link is gone by then.
 */
function isLost(
  { triesControl, login }: NodeMemory,
  { AuthURL }: Status,
  { LoggedOut }: Prefs,
  profile: LoginProfile,
): boolean {
  return triesControl && Boolean(AuthURL) && login === null && profile.ID !== "" && !LoggedOut;
}

function carriesOn({ login, triesControl }: NodeMemory): boolean {
  return triesControl || Boolean(login?.renews);
}

/** Until the control server answers, a tailscaled that was logged in before doesn't report its state. */
function beforeTheTailnet(prefs: Prefs, profile: LoginProfile): NodeState {
  const isWaiting = profile.ID !== "" && prefs.WantRunning && !prefs.LoggedOut;
  return isWaiting
    ? { state: "connecting", waitsFor: "the control server" }
    : { state: "starting", waitsFor: "tailscaled" };
}

function connected(memory: NodeMemory, status: Status, profile: LoginProfile): NodeState {
  const by = (wanted: Peer["path"]) => memory.peers.filter(({ path }) => path === wanted).length;
  return {
    state: "connected",
    ...identity(status, profile),
    paths: { direct: by("direct"), relayed: by("relayed"), relay: status.Self?.Relay ?? "" },
    renewal: memory.login?.renews ? { url: memory.login.url, fault: loginFault(memory) } : null,
  };
}

/**
 * Whether the node is on the tailnet but its other devices may not know it yet. Their DNS resolves its name a moment before they have
 * a route to it, and a visit in between gets no answer for seconds.
 */
export function isIntroducing({ isUnknown, login, status }: NodeMemory): boolean {
  return isUnknown && login === null && status?.BackendState === "Running";
}

const INTRODUCING: NodeState = { state: "connecting", waitsFor: "this node to appear on your other devices" };
const CONNECTING: NodeState = { state: "connecting", waitsFor: "the tailnet" };

/** A node's standing: its state and, in a tailnet, which device of which tailnet it is. Differs whenever other steps may succeed. Pure. */
export function standingOf(node: NodeState): string {
  const device = "addresses" in node ? [node.tailnet, node.name, ...node.addresses] : [];
  return JSON.stringify([node.state, ...device]);
}
