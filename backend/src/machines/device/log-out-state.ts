import {
  CURRENT,
  decoded,
  encoded,
  identityIn,
  MACHINE_KEY,
  NETFILTER_OFF,
  OPENS_NOTHING,
  PROFILE,
  PROFILES,
  readStateFile,
} from "./state-file.ts";

/**
 * What a tailscaled needs of a machine's state to log it out, and nothing more: who it is, and towards its own control server. The
 * machine could write the state, and this tailscaled runs where the backend does: routes, a shell, another control server, or
 * anything else that somebody has asked for there must not become true here. Null when there is nobody to log out. Pure.
 */
export function logOutState(state: string, controlUrl: string): string | null {
  const file = readStateFile(state);
  const current = decoded(file?.[CURRENT]);
  if (file === undefined || !PROFILE.test(current)) return null;
  const prefs = identityIn(file[current]);
  if (prefs === undefined) return null;
  const kept = Object.fromEntries(
    [MACHINE_KEY, PROFILES, CURRENT].flatMap((name) =>
      file[name] === undefined ? [] : [[name, file[name]]],
    ),
  );
  const resting = { ...RESTING, ...prefs, ControlURL: controlUrl };
  return JSON.stringify({ ...kept, [current]: encoded(resting) });
}

/** A key as tailscaled writes it, which it refuses when it is zero. */
const WRITTEN_KEY = /^privkey:(?!0{64})[0-9a-f]{64}$/;

/**
 * By what the control server knows the device again, as a state file has it, and the host name that it went by, empty for none; null where
 * nobody is logged in. The machine could write that, too. Pure.
 */
export function loggedOutDevice(state: string): { machineKey: string; hostname: string } | null {
  const file = readStateFile(state);
  const machineKey = file?.[MACHINE_KEY];
  const prefs = identityIn(file?.[decoded(file[CURRENT])]);
  if (machineKey === undefined || prefs === undefined || !WRITTEN_KEY.test(decoded(machineKey))) return null;
  return { machineKey, hostname: prefs.Hostname };
}

/** State of a tailscaled that has not logged in yet, and will be the device with this key when it does. Pure. */
export function returningState(machineKey: string): string {
  return JSON.stringify({ [MACHINE_KEY]: machineKey });
}

/** Preferences of a tailscaled that only talks to its control server. */
const RESTING = {
  ...OPENS_NOTHING,
  WantRunning: false,
  ShieldsUp: true,
  NetfilterMode: NETFILTER_OFF,
} as const;
