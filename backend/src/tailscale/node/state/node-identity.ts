import type { Account } from "@tailnet-share/contract/node";
import { hostOf } from "../../../control/fault.ts";
import { TAILSCALE_CONTROL_URL } from "../../../control/home.ts";
import { isOnTheWay } from "../../localapi/status-calls.ts";
import type { LoginProfile, Status } from "../../localapi/types.ts";
import type { NodeMemory } from "./node-memory.ts";

/** Details from tailscaled that are not part of the panel's state. */
export interface NodeDetails {
  version: string | null;
  /** In tailscaled's own words, for diagnostics. */
  health: readonly string[];
  /** The control server's ID for this device; null until it has one. */
  deviceId: string | null;
  /** The requested hostname; null until tailscaled has answered. */
  hostname: string | null;
  certDomains: readonly string[];
  capabilities: ReadonlySet<string>;
}

export function nodeDetails({ status, prefs }: NodeMemory): NodeDetails {
  return {
    version: status && shortVersion(status),
    health: status?.Health ?? [],
    deviceId: status?.Self?.ID || null,
    hostname: prefs?.Hostname ?? null,
    certDomains: status?.CertDomains ?? [],
    capabilities: new Set(Object.keys(status?.Self?.CapMap ?? {})),
  };
}

export function accounts({ profiles }: NodeMemory): Account[] {
  return (profiles?.all ?? []).map((profile) => ({
    id: profile.ID,
    user: profile.UserProfile?.LoginName ?? "",
    tailnet: profile.NetworkProfile?.DisplayName || profile.NetworkProfile?.DomainName || "",
    controlUrl: profile.ControlURL,
    current: profile.ID === profiles?.current.ID,
  }));
}

export function identity(status: Status, profile: LoginProfile) {
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

export function adminUrl(controlUrl: string): string {
  const tailscale = controlUrl === "" || /(^|\.)tailscale\.com$/.test(hostOf(controlUrl));
  return tailscale ? "https://login.tailscale.com/admin/machines" : controlUrl;
}

/** Returns the control server of a tailscaled that is logged in and running; null otherwise and during a login. Pure. */
export function controlUrl({ daemon, status, prefs, profiles, login }: NodeMemory): string | null {
  const isIn = profiles !== null && profiles.current.ID !== "" && login === null;
  if (daemon.phase !== "running" || !isIn || status === null || !isOnTheWay(status)) return null;
  return prefs?.WantRunning && !prefs.LoggedOut ? prefs.ControlURL || TAILSCALE_CONTROL_URL : null;
}

/** Returns `1.102.3` for `1.102.3-t0123456-g0123456`. */
export function shortVersion({ Version }: NonNullable<NodeMemory["status"]>): string {
  return Version.split("-")[0] ?? "";
}
