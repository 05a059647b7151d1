import type { Logger } from "pino";
import { TAILSCALE_CONTROL_URL } from "../control/home.ts";
import type { ControlTrouble } from "../control/trouble.ts";
import type { Clock } from "../lib/clock.ts";
import type { LocalApi } from "./localapi.ts";
import { loginError } from "./login-fault.ts";
import type { NodeEvent, NodeMemory } from "./node-memory.ts";
import type { Prefs } from "./types.ts";

export interface LoginRequest {
  authKey?: string | undefined;
  /** Empty for Tailscale's own. */
  controlUrl: string;
  hostname: string;
  /** Throw away a link that was given out before. */
  fresh: boolean;
  /** Keep the present account, and log in to another one beside it. */
  anotherAccount: boolean;
}

export interface RenewalRequest {
  authKey?: string | undefined;
  /** Throw away a link that was given out before. */
  fresh: boolean;
}

/** The steps of logging in and out, for one caller at a time. What comes of them is told by the bus and the status. */
export interface LogIn {
  begin(request: LoginRequest): Promise<void>;
  /** Asks for another key while the node is on the tailnet, and it stays there. */
  renew(request: RenewalRequest): Promise<void>;
  /** What was asked for is not waited for any more. A node that is on the tailnet stays there. */
  cancel(): Promise<void>;
  logout(): Promise<void>;
  /** Another step makes the one that is under way pointless. */
  forget(): void;
}

export interface LogInDependencies {
  localApi: LocalApi;
  memory: () => NodeMemory;
  handle: (event: NodeEvent) => void;
  /** Preferences that every log-in sets beside its own. */
  loginPrefs: Partial<Prefs>;
  /** Trouble with a control server as seen from here; null when none is known. Never rejects. */
  askControl: (controlUrl: string, signal: AbortSignal) => Promise<ControlTrouble | null>;
  clock: Clock;
  log: Logger;
}

/** A control server that has not answered a log-in by then is said to be away; it is still being tried. */
const LOGIN_ANSWER_MS = 10_000;
/** Deadline for our own probe of the control server. */
const LOOK_MS = 5_000;
/** How long a fresh control client may take to get hold of the tailnet, and how often that is looked at. */
const HOLD_MS = 5_000;
const HOLD_POLL_MS = 50;

export function createLogIn({
  localApi,
  memory,
  handle,
  loginPrefs,
  askControl,
  clock,
  log,
}: LogInDependencies): LogIn {
  let number = 0;
  /** The account to go back to when a log-in to another one is cancelled. */
  let previousAccount: string | null = null;
  /** tailscaled keeps the auth key of its last start, and would try that, spent or not, instead of asking for a link. */
  let keepsAuthKey = false;

  function ask(byKey: boolean, renews: string | null, controlUrl: string): void {
    handle({ kind: "login-asked", byKey, renews });
    number += 1;
    Promise.all([sayWhenSlow(number), lookAt(controlUrl, number)]).catch((err: unknown) =>
      log.error({ event: "node.deadline-failed", err }, "the log-in's deadline failed"),
    );
  }

  async function start(changes?: Partial<Prefs>, authKey?: string): Promise<void> {
    keepsAuthKey = authKey !== undefined;
    await localApi.start(changes, authKey);
  }

  /** tailscaled reports an unreachable or wrong control server late, or never, so probe it. */
  async function lookAt(controlUrl: string, mine: number): Promise<void> {
    const over = new AbortController();
    clock.sleep(LOOK_MS, over.signal).then(
      () => over.abort(),
      () => undefined,
    );
    const trouble = await askControl(controlUrl || TAILSCALE_CONTROL_URL, over.signal);
    over.abort();
    if (mine === number && trouble !== null) handle({ kind: "control-seen", trouble });
  }

  async function sayWhenSlow(mine: number): Promise<void> {
    await clock.sleep(LOGIN_ANSWER_MS);
    if (mine === number) handle({ kind: "login-slow" });
  }

  function forget(): void {
    number += 1;
    handle({ kind: "login-ended" });
  }

  /**
   * Whether a control client that was just started has logged in with the key that there is. Asked for a log-in before that,
   * it would hear nothing of the tailnet until that log-in is finished.
   */
  async function hearsTheTailnet(): Promise<boolean> {
    const deadline = clock.monotonic() + HOLD_MS;
    while (clock.monotonic() < deadline) {
      if ((await localApi.status()).Self?.Online) return true;
      await clock.sleep(HOLD_POLL_MS);
    }
    return false;
  }

  /** Resolves whether there is more to do. A control server may take the key for a renewal of what there is, and it is spent then. */
  async function tryKey(authKey: string): Promise<boolean> {
    const before = memory().status?.Self?.KeyExpiry ?? null;
    await start(undefined, authKey);
    if (!(await hearsTheTailnet())) {
      // Without a word from it the control server is away.
      handle({ kind: "login-given-up", error: loginError(memory()) ?? "timeout" });
      // Without the key it goes on as before.
      await start();
      return false;
    }
    const after = (await localApi.status()).Self?.KeyExpiry ?? null;
    const isLater = before !== null && (after === null || Date.parse(after) > Date.parse(before));
    if (isLater) forget();
    return !isLater;
  }

  return {
    forget,

    async begin({ authKey, controlUrl, hostname, fresh, anotherAccount }) {
      const asked = memory().login !== null;
      ask(authKey !== undefined, null, controlUrl);
      if (anotherAccount) {
        previousAccount = memory().profiles?.current.ID || null;
        await localApi.newProfile();
      } else if (!asked) {
        previousAccount = null;
      }
      // A repeated log-in returns the link of before, which the control server may have dropped: then start anew.
      if (authKey !== undefined || fresh || !asked || anotherAccount) {
        // CorpDNS would rewrite the container's resolv.conf, and with it the names of Docker's own DNS.
        await start(
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
      // An auth key, too, is only used when a log-in is asked for.
      await localApi.loginInteractive();
    },

    async renew({ authKey, fresh }) {
      const { status, prefs } = memory();
      ask(authKey !== undefined, status?.Self?.PublicKey ?? null, prefs?.ControlURL ?? "");
      previousAccount = null;
      if (authKey !== undefined) {
        if (!(await tryKey(authKey))) return;
      } else if (fresh || keepsAuthKey) {
        await start();
        if (!(await hearsTheTailnet())) {
          handle({ kind: "login-given-up", error: null });
          return;
        }
      }
      await localApi.loginInteractive();
    },

    async cancel() {
      const { login, status, profiles } = memory();
      forget();
      if (status?.BackendState === "Running") {
        // A link is only put away. A fresh control client would forget the key that belongs to it, and whoever opened the link
        // then would have the control server take that key for this node's. A refused auth key would be tried for ever.
        if (login?.byKey && keepsAuthKey) await start();
        return;
      }
      const half = profiles?.current.ID ?? "";
      if (previousAccount !== null && half === "") {
        await localApi.switchProfile(previousAccount);
        previousAccount = null;
        return;
      }
      // A fresh control client forgets the link, so that finishing it later logs nobody in.
      await localApi.patchPrefs({ WantRunning: false });
      await start();
    },

    async logout() {
      forget();
      await localApi.logout();
    },
  };
}
