import { Hostname } from "@tailnet-share/contract/log-in";
import { z } from "zod";

/* tailscaled's state file. Source: `ipn/store.go`, `ipn/prefs.go` and `ipn/ipnlocal/profiles.go` of tailscale 1.102.3. */

export const MACHINE_KEY = "_machinekey";
export const PROFILES = "_profiles";
export const CURRENT = "_current-profile";
/** Key of a profile's preferences. */
export const PROFILE = /^profile-[0-9a-f]{1,16}$/;

/** Preferences that open nothing: no shell, no routes, no served ports. Source: `ipn/prefs.go`. */
export const OPENS_NOTHING = {
  RunSSH: false,
  RunWebClient: false,
  RouteAll: false,
  CorpDNS: false,
  AdvertiseRoutes: null,
  AdvertiseServices: null,
} as const;
/** Source: `types/preftype/netfiltermode.go`. */
export const NETFILTER_OFF = 0;
export const NETFILTER_ON = 2;

const StateFile = z.record(z.string(), z.base64());
const StoredPrefs = z.object({
  /** The device's identity; a profile without it is logged out. */
  Config: z.record(z.string(), z.unknown()).nullish(),
  // Without it, the device would take this container's name when it logs out.
  Hostname: Hostname.catch(""),
});

/** Returns undefined for a text that tailscaled has not written. */
export function readStateFile(text: string): Readonly<Record<string, string>> | undefined {
  return StateFile.safeParse(parsed(text)).data;
}

/** A profile's identity and host name, from its entry in the state file. Returns undefined if nobody is logged in. */
export function identityIn(entry: string | undefined) {
  const prefs = StoredPrefs.safeParse(parsed(decoded(entry))).data;
  return prefs?.Config ? { Config: prefs.Config, Hostname: prefs.Hostname } : undefined;
}

export function encoded(value: unknown): string {
  return encodedText(JSON.stringify(value));
}

export function encodedText(text: string): string {
  return Buffer.from(text).toString("base64");
}

export function decoded(value: string | undefined): string {
  return Buffer.from(value ?? "", "base64").toString("utf8");
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
