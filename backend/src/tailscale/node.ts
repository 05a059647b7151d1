import type { Fault } from "@tailnet-share/contract/errors";
import { AppError } from "@tailnet-share/contract/errors";
import type { Account, NodeState } from "@tailnet-share/contract/model";
import type { Logger } from "pino";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { LocalApi } from "./localapi.ts";
import {
  accounts,
  healthAlerts,
  initialMemory,
  type NodeEvent,
  type NodeMemory,
  nodeState,
  reduce,
} from "./node-state.ts";
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

/** What tailscaled says beyond the state that a panel shows. */
export interface NodeDetails {
  version: string | null;
  /** In tailscaled's own words, for diagnostics. */
  health: readonly string[];
  /** The control server's name for this device; null until it has one. */
  deviceId: string | null;
  /** The name asked for; null while tailscaled has not been heard. */
  hostname: string | null;
  certDomains: readonly string[];
  capabilities: ReadonlySet<string>;
}

/** A tailscaled that we drive, the extension's own node or a machine's: watches tailscaled and drives it. Calls that change something are carried out one after the other. */
export interface TailnetNode {
  state(): NodeState;
  accounts(): Account[];
  alerts(): Fault[];
  details(): NodeDetails;
  handle(event: NodeEvent): void;
  /** Watches the bus until the signal ends it; `onChange` is called whenever something that a panel shows has changed. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void>;
  /** Looks at tailscaled anew, at once. */
  refresh(): Promise<void>;
  login(request: LoginRequest): Promise<void>;
  cancelLogin(): Promise<void>;
  logout(): Promise<void>;
  setConnected(connected: boolean): Promise<void>;
  setHostname(hostname: string): Promise<void>;
  switchAccount(id: string): Promise<void>;
}

const TAILSCALE_CONTROL_URL = "https://controlplane.tailscale.com";
/** A control server that has not answered a log-in by then is said to be away; it is still being tried. */
const LOGIN_ANSWER_MS = 10_000;
/** How long a change waits for a daemon that is starting. */
const START_MS = 5_000;
/** Devices that are pinged when the node comes up, and how often at most in either way. */
const WARM_UP_PEERS = 32;
const WARM_UP_PINGS = 10;
/** A notification is often the first of several. */
const SETTLE_MS = 15;
/** Key expiry and the like change without a notification. */
const REFRESH_MS = 30_000;

export function createTailnetNode({
  localApi,
  clock,
  log,
  loginPrefs = {},
}: {
  localApi: LocalApi;
  clock: Clock;
  log: Logger;
  /** Preferences that every log-in sets beside its own. */
  loginPrefs?: Partial<Prefs>;
}): TailnetNode {
  let memory: NodeMemory = initialMemory;
  let shown = "";
  let onChange: () => void = () => undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let loginNumber = 0;
  /** The account to go back to when a log-in to another one is cancelled. */
  let previousAccount: string | null = null;

  function handle(event: NodeEvent): void {
    const wasRunning = memory.status?.BackendState === "Running";
    memory = reduce(memory, event);
    if (!wasRunning && memory.status?.BackendState === "Running") {
      openPaths().catch((err: unknown) => log.debug({ err }, "the other devices could not be pinged"));
    }
    const now = JSON.stringify([nodeState(memory), accounts(memory), healthAlerts(memory)]);
    if (now === shown) return;
    shown = now;
    onChange();
  }

  /** Otherwise the first visit of each device waits for WireGuard's five-second retry. */
  async function openPaths(): Promise<void> {
    const answers = async (peer: string, type: "disco" | "TSMP"): Promise<boolean> => {
      for (let ping = 0; ping < WARM_UP_PINGS; ping += 1) if (await localApi.ping(peer, type)) return true;
      return false;
    };
    const peers = (await localApi.onlinePeers()).slice(0, WARM_UP_PEERS);
    // Only after disco: a device that does not know this node yet drops the handshake, and the retry is what we want to avoid.
    await Promise.all(
      peers.map(async (peer) => (await answers(peer, "disco")) && (await answers(peer, "TSMP"))),
    );
  }

  async function observe(signal?: AbortSignal): Promise<void> {
    const [status, prefs, profiles] = await Promise.all([
      localApi.status(signal),
      localApi.prefs(signal),
      localApi.profiles(signal),
    ]);
    handle({ kind: "observed", status, prefs, profiles });
  }

  /** A click in the daemon's first moments waits for it instead of failing. */
  async function untilRunning(): Promise<void> {
    const deadline = clock.now() + START_MS;
    while (memory.daemon.phase !== "running" && clock.now() < deadline) await clock.sleep(20);
  }

  /** One change at a time: tailscaled's log-in steps must not interleave with a log-out's. */
  async function exclusively(work: () => Promise<void>): Promise<void> {
    const result = queue.then(async () => {
      await untilRunning();
      await work();
    });
    queue = result.catch(() => undefined);
    await result;
    await observe();
  }

  async function watchBus(signal: AbortSignal): Promise<void> {
    await observe(signal);
    let observing = false;
    for await (const notify of localApi.watchBus(signal)) {
      handle({ kind: "notify", notify });
      if (observing) continue;
      observing = true;
      clock
        .sleep(SETTLE_MS, signal)
        .then(async () => {
          observing = false;
          await observe(signal);
        })
        .catch((err: unknown) => {
          if (!signal.aborted) log.debug({ err }, "tailscaled could not be observed");
        });
    }
  }

  async function refreshNowAndThen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(REFRESH_MS, signal).catch(() => undefined);
      if (!signal.aborted && memory.daemon.phase === "running") await observe(signal).catch(() => undefined);
    }
  }

  async function watchForever(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      if (memory.daemon.phase === "running") {
        const startedAt = clock.now();
        await watchBus(signal).catch((err: unknown) => {
          if (!signal.aborted) log.debug({ err }, "the bus of tailscaled ended");
        });
        failures = clock.now() - startedAt > 1_000 ? 1 : failures + 1;
      }
      await clock
        .sleep(
          memory.daemon.phase === "running" ? backoffDelay(failures, { first: 50, most: 2_000 }) : 20,
          signal,
        )
        .catch(() => undefined);
    }
  }

  async function sayWhenSlow(): Promise<void> {
    loginNumber += 1;
    const mine = loginNumber;
    await clock.sleep(LOGIN_ANSWER_MS);
    if (mine === loginNumber) handle({ kind: "login-slow" });
  }

  return {
    state: () => nodeState(memory),
    accounts: () => accounts(memory),
    alerts: () => healthAlerts(memory),
    details: () => ({
      version: memory.status?.Version.split("-")[0] ?? null,
      health: memory.status?.Health ?? [],
      deviceId: memory.status?.Self?.ID || null,
      hostname: memory.prefs?.Hostname ?? null,
      certDomains: memory.status?.CertDomains ?? [],
      capabilities: new Set(Object.keys(memory.status?.Self?.CapMap ?? {})),
    }),
    handle,
    async watch(listener, signal) {
      onChange = listener;
      await Promise.all([watchForever(signal), refreshNowAndThen(signal)]);
    },

    refresh: observe,

    async login({ authKey, controlUrl, hostname, fresh, anotherAccount }) {
      await exclusively(async () => {
        const asked = memory.login !== null;
        handle({ kind: "login-asked", byKey: authKey !== undefined });
        sayWhenSlow().catch((err: unknown) => log.error({ err }, "the log-in's deadline failed"));
        if (anotherAccount) {
          previousAccount = memory.profiles?.current.ID || null;
          await localApi.newProfile();
        } else if (!asked) {
          previousAccount = null;
        }
        // A repeated log-in returns the link of before, which the control server may have dropped: then start anew.
        if (authKey !== undefined || fresh || !asked || anotherAccount) {
          // CorpDNS would rewrite the container's resolv.conf, and with it the names of Docker's own DNS.
          await localApi.start(
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
      });
    },

    async cancelLogin() {
      await exclusively(async () => {
        loginNumber += 1;
        handle({ kind: "login-ended" });
        const half = memory.profiles?.current.ID ?? "";
        if (previousAccount !== null && half === "") {
          await localApi.switchProfile(previousAccount);
          previousAccount = null;
          return;
        }
        // A fresh control client forgets the link, so that finishing it later logs nobody in.
        await localApi.patchPrefs({ WantRunning: false });
        await localApi.start();
      });
    },

    async logout() {
      await exclusively(async () => {
        loginNumber += 1;
        handle({ kind: "login-ended" });
        await localApi.logout();
      });
    },

    async setConnected(connected) {
      await exclusively(async () => await localApi.patchPrefs({ WantRunning: connected }));
    },

    async setHostname(hostname) {
      await exclusively(async () => await localApi.patchPrefs({ Hostname: hostname }));
    },

    async switchAccount(id) {
      if (!accounts(memory).some((account) => account.id === id)) {
        throw new AppError("UNKNOWN_ACCOUNT", "This node has no such account.", "Log in to it.");
      }
      await exclusively(async () => {
        handle({ kind: "login-ended" });
        await localApi.switchProfile(id);
        await localApi.patchPrefs({ CorpDNS: false, WantRunning: true });
      });
    },
  };
}
