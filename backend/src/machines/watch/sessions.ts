import type { Notify } from "../../tailscale/localapi/types.ts";

/** The sessions of other devices with each machine, as its tailscaled reports them. All by the machine's key. */
export interface Sessions {
  /** Takes a notification from the bus. Returns the devices that have opened a session. */
  hear(key: string, notify: Notify): string[];
  /** Devices with a session; undefined before tailscaled reports the first one: older versions never do. */
  open(key: string): ReadonlySet<string> | undefined;
  /** Devices whose session has ended since `forgetEnded`. */
  ended(key: string): ReadonlySet<string>;
  forgetEnded(key: string): void;
  /** Forgets all other machines. */
  keepOnly(keys: ReadonlySet<string>): void;
}

const NONE: ReadonlySet<string> = new Set();

export function createSessions(): Sessions {
  const open = new Map<string, Set<string>>();
  const ended = new Map<string, Set<string>>();

  return {
    hear(key, { SessionID, PeerState }) {
      // A new bus reports all current sessions, and stays silent if there are none.
      if (SessionID != null) open.delete(key);
      if (PeerState == null) return [];
      const devices = open.get(key) ?? new Set();
      open.set(key, devices);
      const opened: string[] = [];
      for (const [id, { PeerWireGuardState: state }] of Object.entries(PeerState)) {
        if (state === "established") {
          if (!devices.has(id)) opened.push(id);
          devices.add(id);
        } else if (devices.delete(id)) ended.set(key, new Set(ended.get(key)).add(id));
      }
      return opened;
    },
    open: (key) => open.get(key),
    ended: (key) => ended.get(key) ?? NONE,
    forgetEnded: (key) => void ended.delete(key),
    keepOnly(keys) {
      for (const known of [open, ended])
        for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    },
  };
}
