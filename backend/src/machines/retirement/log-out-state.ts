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
} from "../device/state-file.ts";

/**
 * Reduces a machine's state to what a tailscaled needs to log it out: its identity, at its own control server. The machine could write the
 * state, and this tailscaled runs in the backend's environment. So it must not adopt routes, a shell, another control server or anything
 * else from it. Returns null if there is nobody to log out. Pure.
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

/** A key in tailscaled's format. tailscaled rejects an all-zero key. */
const WRITTEN_KEY = /^privkey:(?!0{64})[0-9a-f]{64}$/;

/**
 * The machine key by which the control server recognizes the device, in the state file's form, and its host name at the time, empty for
 * none. Returns null if nobody is logged in. The machine could write that, too. Pure.
 */
export function loggedOutDevice(state: string): { machineKey: string; hostname: string } | null {
  const file = readStateFile(state);
  const machineKey = file?.[MACHINE_KEY];
  const prefs = identityIn(file?.[decoded(file[CURRENT])]);
  if (machineKey === undefined || prefs === undefined || !WRITTEN_KEY.test(decoded(machineKey))) return null;
  return { machineKey, hostname: prefs.Hostname };
}

/** State of a tailscaled that has not logged in yet and will become the device with this key when it does. Pure. */
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
