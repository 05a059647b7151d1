import { z } from "zod";
import type { LocalApiTransport } from "./transport.ts";
import { LoginProfile, type Prefs } from "./types.ts";

/** Preferences, login and accounts. */
export interface AccountCalls {
  /** Changes the named preferences and keeps the others. */
  patchPrefs(changes: Partial<Prefs>): Promise<void>;
  /**
   * Starts, or restarts with a fresh control client, and changes the named preferences in the same call. So the previous control server
   * receives nothing, and a single-use key is not tried twice.
   */
  start(changes?: Partial<Prefs>, authKey?: string): Promise<void>;
  loginInteractive(): Promise<void>;
  logout(signal?: AbortSignal): Promise<void>;
  profiles(signal?: AbortSignal): Promise<{ all: LoginProfile[]; current: LoginProfile }>;
  /** Creates an empty profile and makes it the current one. */
  newProfile(): Promise<void>;
  switchProfile(id: string): Promise<void>;
}

export function accountCalls({ call, read, post }: LocalApiTransport): AccountCalls {
  return {
    async patchPrefs(changes) {
      const flags = Object.fromEntries(Object.keys(changes).map((name) => [`${name}Set`, true]));
      await call({ method: "PATCH", path: "prefs", json: { ...changes, ...flags } });
    },
    async start(changes, authKey) {
      // tailscaled replaces all preferences with these, so pass the unnamed ones back unchanged.
      const UpdatePrefs = changes && {
        ...(await read(z.record(z.string(), z.unknown()), "prefs")),
        ...changes,
      };
      await post("start", {
        ...(UpdatePrefs ? { UpdatePrefs } : {}),
        ...(authKey === undefined ? {} : { AuthKey: authKey }),
      });
    },
    loginInteractive: async () => await post("login-interactive"),
    logout: async (signal) => await post("logout", undefined, signal),
    async profiles(signal) {
      const [all, current] = await Promise.all([
        read(z.array(LoginProfile).nullable(), "profiles/", signal),
        read(LoginProfile, "profiles/current", signal),
      ]);
      return { all: all ?? [], current };
    },
    async newProfile() {
      await call({ method: "PUT", path: "profiles/" });
    },
    switchProfile: async (id) => await post(`profiles/${encodeURIComponent(id)}`),
  };
}
