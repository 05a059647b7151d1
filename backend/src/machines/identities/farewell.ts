import { Hostname } from "@tailnet-share/contract/model";
import { z } from "zod";

/** Keys of tailscaled's state file. Source: `ipn/store.go`, `ipn/ipnlocal/profiles.go`. */
const MACHINE_KEY = "_machinekey";
const PROFILES = "_profiles";
const CURRENT = "_current-profile";
const PROFILE = /^profile-[0-9a-f]{1,16}$/;

const StateFile = z.record(z.string(), z.base64());
const StoredPrefs = z.object({
  Config: z.record(z.string(), z.unknown()).nullish(),
  // Without it the device would be given this container's name on its way out.
  Hostname: Hostname.catch(""),
});

/**
 * What a tailscaled needs of a machine's state to log it out, and nothing more: who it is, and towards its own control server. The
 * machine could write the state, and this tailscaled runs where the backend does: routes, a shell, another control server, or
 * anything else that somebody has asked for there must not become true here. Null when there is nobody to log out. Pure.
 */
export function farewellState(state: string, controlUrl: string): string | null {
  const file = StateFile.safeParse(parsed(state)).data;
  const current = decoded(file?.[CURRENT]);
  if (file === undefined || !PROFILE.test(current)) return null;
  const prefs = StoredPrefs.safeParse(parsed(decoded(file[current]))).data;
  if (!prefs?.Config) return null;
  const kept = Object.fromEntries(
    [MACHINE_KEY, PROFILES, CURRENT].flatMap((name) =>
      file[name] === undefined ? [] : [[name, file[name]]],
    ),
  );
  const resting = { ...RESTING, ...prefs, ControlURL: controlUrl };
  return JSON.stringify({ ...kept, [current]: Buffer.from(JSON.stringify(resting)).toString("base64") });
}

/** A key as tailscaled writes it, which it refuses when it is zero. */
const WRITTEN_KEY = /^privkey:(?!0{64})[0-9a-f]{64}$/;

/**
 * By what the control server knows the device again, as a state file has it, and the host name that it went by, empty for none; null where
 * nobody is logged in. The machine could write that, too. Pure.
 */
export function whoLogsOut(state: string): { machineKey: string; hostname: string } | null {
  const file = StateFile.safeParse(parsed(state)).data;
  const machineKey = file?.[MACHINE_KEY];
  const prefs = StoredPrefs.safeParse(parsed(decoded(file?.[decoded(file[CURRENT])]))).data;
  if (machineKey === undefined || !prefs?.Config || !WRITTEN_KEY.test(decoded(machineKey))) return null;
  return { machineKey, hostname: prefs.Hostname };
}

/** State of a tailscaled that has not logged in yet, and will be the device with this key when it does. Pure. */
export function returningState(machineKey: string): string {
  return JSON.stringify({ [MACHINE_KEY]: machineKey });
}

/** Preferences of one that only talks to its control server. Source: `ipn/prefs.go`. */
const RESTING = {
  WantRunning: false,
  ShieldsUp: true,
  RunSSH: false,
  RunWebClient: false,
  RouteAll: false,
  CorpDNS: false,
  AdvertiseRoutes: null,
  AdvertiseServices: null,
  NetfilterMode: 0,
} as const;

function decoded(value: string | undefined): string {
  return Buffer.from(value ?? "", "base64").toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
