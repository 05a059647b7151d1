import type { Logger } from "pino";
import { TAILSCALE_CONTROL_URL } from "../../control/home.ts";
import type { ControlTrouble } from "../../control/trouble.ts";
import type { Clock } from "../../lib/clock.ts";
import { limited, until } from "../../lib/timing.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import type { Prefs } from "../localapi/types.ts";
import { loginError } from "./state/login-fault.ts";
import type { NodeEvent, NodeMemory } from "./state/node-memory.ts";

export interface LoginRequest {
  authKey?: string | undefined;
  /** The control server's URL; empty for Tailscale's own. */
  controlUrl: string;
  hostname: string;
  /** Discards a link that was already issued. */
  fresh: boolean;
  /** Keeps the current account and logs in to another one beside it. */
  anotherAccount: boolean;
}

export interface RenewalRequest {
  authKey?: string | undefined;
  /** Discards a link that was already issued. */
  fresh: boolean;
}

/** The steps of logging in and out, for one caller at a time. The bus and the status report the results. */
export interface LogIn {
  begin(request: LoginRequest): Promise<void>;
  /** Requests another key while the node stays on the tailnet. */
  renew(request: RenewalRequest): Promise<void>;
  /** Stops waiting for the current request. A node that is on the tailnet stays there. */
  cancel(): Promise<void>;
  logout(): Promise<void>;
  /** Drops the current login because another step supersedes it. */
  forget(): void;
}

export interface LogInDependencies {
  localApi: LocalApi;
  memory: () => NodeMemory;
  handle: (event: NodeEvent) => void;
  /** Preferences that every login sets in addition to its own. */
  loginPrefs: Partial<Prefs>;
  /** Returns why our own probe can't use a control server; null when it finds no fault. Never rejects. */
  askControl: (controlUrl: string, signal: AbortSignal) => Promise<ControlTrouble | null>;
  clock: Clock;
  log: Logger;
}

/** A control server that hasn't answered a login by then is reported as unreachable; tailscaled keeps trying. */
const LOGIN_ANSWER_MS = 10_000;
/** Deadline for our own probe of the control server. */
const LOOK_MS = 5_000;
/** How long a fresh control client may take to reach the tailnet, and how often to check. */
const HOLD_MS = 5_000;
const HOLD_POLL_MS = 50;

export function createLogIn(dependencies: LogInDependencies): LogIn {
  return new LogInSteps(dependencies);
}

class LogInSteps implements LogIn {
  readonly #dependencies: LogInDependencies;
  /** Counts requests, so that what comes late of an earlier one is ignored. */
  #number = 0;
  /** The account to go back to when a login to another one is cancelled. */
  #previousAccount: string | null = null;
  /** tailscaled keeps the auth key of its last start and would try it again, used or not, instead of requesting a link. */
  #keepsAuthKey = false;

  constructor(dependencies: LogInDependencies) {
    this.#dependencies = dependencies;
  }

  async begin({ authKey, controlUrl, hostname, fresh, anotherAccount }: LoginRequest): Promise<void> {
    const { localApi, memory, loginPrefs } = this.#dependencies;
    const asked = memory().login !== null;
    this.#ask(authKey !== undefined, null, controlUrl);
    if (anotherAccount) {
      this.#previousAccount = memory().profiles?.current.ID || null;
      await localApi.newProfile();
    } else if (!asked) {
      this.#previousAccount = null;
    }
    // Repeating a login returns the previous link. The control server may have dropped it, so `fresh` starts over.
    if (authKey !== undefined || fresh || !asked || anotherAccount) {
      // CorpDNS would rewrite the container's resolv.conf and break the names from Docker's own DNS.
      await this.#start(
        {
          ...loginPrefs,
          ControlURL: controlUrl || TAILSCALE_CONTROL_URL,
          Hostname: hostname,
          CorpDNS: false,
          WantRunning: true,
        },
        authKey,
      );
    }
    // tailscaled uses an auth key, too, only when a login is requested.
    await localApi.loginInteractive();
  }

  async renew({ authKey, fresh }: RenewalRequest): Promise<void> {
    const { localApi, memory, handle } = this.#dependencies;
    const { status, prefs } = memory();
    this.#ask(authKey !== undefined, status?.Self?.PublicKey ?? null, prefs?.ControlURL ?? "");
    this.#previousAccount = null;
    if (authKey !== undefined) {
      if (!(await this.#tryKey(authKey))) return;
    } else if (fresh || this.#keepsAuthKey) {
      await this.#start();
      if (!(await this.#hearsTheTailnet())) {
        handle({ kind: "login-given-up", error: null });
        return;
      }
    }
    await localApi.loginInteractive();
  }

  async cancel(): Promise<void> {
    const { localApi, memory } = this.#dependencies;
    const { login, status, profiles } = memory();
    this.forget();
    if (status?.BackendState === "Running") {
      // Only hide a link. A fresh control client would forget the key that belongs to it; if somebody then opened the link, the
      // control server would take that key for this node's. A refused auth key needs the restart: tailscaled would retry it forever.
      if (login?.byKey && this.#keepsAuthKey) await this.#start();
      return;
    }
    const half = profiles?.current.ID ?? "";
    if (this.#previousAccount !== null && half === "") {
      await localApi.switchProfile(this.#previousAccount);
      this.#previousAccount = null;
      return;
    }
    // A fresh control client forgets the link, so opening it later logs nobody in.
    await localApi.patchPrefs({ WantRunning: false });
    await this.#start();
  }

  async logout(): Promise<void> {
    const { localApi } = this.#dependencies;
    this.forget();
    await localApi.logout();
  }

  forget(): void {
    const { handle } = this.#dependencies;
    this.#number += 1;
    handle({ kind: "login-ended" });
  }

  #ask(byKey: boolean, renews: string | null, controlUrl: string): void {
    const { handle, log } = this.#dependencies;
    handle({ kind: "login-asked", byKey, renews });
    this.#number += 1;
    Promise.all([this.#sayWhenSlow(this.#number), this.#lookAt(controlUrl, this.#number)]).catch(
      (err: unknown) => log.error({ event: "node.deadline-failed", err }, "the login's deadline failed"),
    );
  }

  async #start(changes?: Partial<Prefs>, authKey?: string): Promise<void> {
    const { localApi } = this.#dependencies;
    this.#keepsAuthKey = authKey !== undefined;
    await localApi.start(changes, authKey);
  }

  /** tailscaled reports an unreachable or wrong control server late or never, so probe it. */
  async #lookAt(controlUrl: string, mine: number): Promise<void> {
    const { handle, askControl, clock } = this.#dependencies;
    const probe = async (signal: AbortSignal) =>
      await askControl(controlUrl || TAILSCALE_CONTROL_URL, signal);
    const trouble = await limited(probe, LOOK_MS, { clock });
    if (mine === this.#number && trouble !== null) handle({ kind: "control-seen", trouble });
  }

  async #sayWhenSlow(mine: number): Promise<void> {
    const { handle, clock } = this.#dependencies;
    await clock.sleep(LOGIN_ANSWER_MS);
    if (mine === this.#number) handle({ kind: "login-slow" });
  }

  /**
   * Returns whether a control client that just started has logged in with the current key. Asking it to log in before that cuts it off
   * from the tailnet until that login is finished.
   */
  async #hearsTheTailnet(): Promise<boolean> {
    const { localApi, clock } = this.#dependencies;
    const isOnline = async () => (await localApi.status()).Self?.Online ?? false;
    return (await until(isOnline, HOLD_MS, { clock, everyMs: HOLD_POLL_MS })) !== null;
  }

  /**
   * Resolves with whether a login is still needed. A control server may accept the key as a renewal of the current one; the auth key is
   * used up then.
   */
  async #tryKey(authKey: string): Promise<boolean> {
    const { localApi, memory, handle } = this.#dependencies;
    const before = memory().status?.Self?.KeyExpiry ?? null;
    await this.#start(undefined, authKey);
    if (!(await this.#hearsTheTailnet())) {
      // No answer at all: the control server is unreachable.
      handle({ kind: "login-given-up", error: loginError(memory()) ?? "timeout" });
      // Restart without the auth key to restore the previous state.
      await this.#start();
      return false;
    }
    const after = (await localApi.status()).Self?.KeyExpiry ?? null;
    const isLater = before !== null && (after === null || Date.parse(after) > Date.parse(before));
    if (isLater) this.forget();
    return !isLater;
  }
}
