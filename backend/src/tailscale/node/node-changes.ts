import { AppError } from "@tailnet-share/contract/errors";
import type { Clock } from "../../lib/clock.ts";
import { createMutex, until } from "../../lib/timing.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import type { LogIn, LoginRequest, RenewalRequest } from "./log-in.ts";
import type { NodeRecord } from "./node-record.ts";
import { accounts } from "./state/node-identity.ts";

/** Changes to a tailscaled, one after the other. Each resolves when its result has been observed. */
export interface NodeChanges {
  login(request: LoginRequest): Promise<void>;
  /** Requests another key; only for a connected node. Everything stays reachable meanwhile. */
  renewKey(request: RenewalRequest): Promise<void>;
  /** A connected node stays connected. */
  cancelLogin(): Promise<void>;
  logout(): Promise<void>;
  setConnected(connected: boolean): Promise<void>;
  /**
   * Sets the preferences that the loop keeps as they should be, unless another account is the current one by now. `hostname`: null to keep
   * the name.
   */
  adjust(account: string, hostname: string | null): Promise<void>;
  switchAccount(id: string): Promise<void>;
  /** Resolves with the ID of the current account, once the changes under way are done; empty while nobody is logged in. */
  currentAccount(): Promise<string>;
}

export interface NodeChangesDependencies {
  localApi: LocalApi;
  logIn: LogIn;
  record: Pick<NodeRecord, "memory">;
  exclusively: Exclusively;
}

/** Runs one change at a time: tailscaled's login steps must not interleave with a logout's. */
export type Exclusively = (change: () => Promise<void>) => Promise<void>;

export function createNodeChanges(dependencies: NodeChangesDependencies): NodeChanges {
  const { localApi, logIn, record, exclusively } = dependencies;
  return {
    login: async (request) => await exclusively(async () => await logIn.begin(request)),
    renewKey: async (request) => await exclusively(async () => await logIn.renew(request)),
    cancelLogin: async () => await exclusively(async () => await logIn.cancel()),
    logout: async () => await exclusively(async () => await logIn.logout()),

    async setConnected(connected) {
      await exclusively(async () => {
        // tailscaled drops a renewal when it pauses, and resumes with its current key.
        if (!connected) logIn.forget();
        await localApi.patchPrefs({ WantRunning: connected });
      });
    },

    async adjust(account, hostname) {
      await exclusively(async () => {
        if ((await localApi.profiles()).current.ID !== account) return;
        await localApi.patchPrefs({ ...(hostname === null ? {} : { Hostname: hostname }), CorpDNS: false });
      });
    },

    async currentAccount() {
      let id = "";
      await exclusively(async () => {
        id = (await localApi.profiles()).current.ID;
      });
      return id;
    },

    async switchAccount(id) {
      if (!accounts(record.memory()).some((account) => account.id === id)) {
        throw new AppError("UNKNOWN_ACCOUNT", "This node has no such account.", "Log in to it.");
      }
      await exclusively(async () => {
        logIn.forget();
        await localApi.switchProfile(id);
        await localApi.patchPrefs({ CorpDNS: false, WantRunning: true });
      });
    },
  };
}

/** How long a change waits for a daemon that is starting. Milliseconds. */
const START_MS = 5_000;
const POLL_MS = 20;

export function createExclusively(
  { memory, observe }: Pick<NodeRecord, "memory" | "observe">,
  clock: Clock,
): Exclusively {
  const mutex = createMutex();
  const isRunning = async () => await Promise.resolve(memory().daemon.phase === "running");

  return async (change) => {
    await mutex(async () => {
      // A click while the daemon starts waits for it instead of failing.
      await until(isRunning, START_MS, { clock, everyMs: POLL_MS });
      await change();
    });
    await observe();
  };
}
