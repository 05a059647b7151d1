import type { Fault } from "@tailnet-share/contract/errors";
import { AppError } from "@tailnet-share/contract/errors";
import type { Account, NodeState, Update } from "@tailnet-share/contract/node";
import type { Visitor } from "@tailnet-share/contract/share";
import type { Logger } from "pino";
import { backoffDelay } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import type { Notify, Prefs } from "../localapi/types.ts";
import { type ControlWatchDependencies, watchControl } from "./control-watch.ts";
import { createLogIn, type LogInDependencies, type LoginRequest, type RenewalRequest } from "./log-in.ts";
import { healthAlerts, updates } from "./node-health.ts";
import { accounts, controlUrl, type NodeDetails, nodeDetails } from "./node-identity.ts";
import { initialMemory, type NodeEvent, type NodeMemory, reduce } from "./node-memory.ts";
import { isIntroducing, nodeState } from "./node-state.ts";
import { createPathOpener } from "./open-paths.ts";
import { createPathLook } from "./path-look.ts";
import { isFlowLogsRefusal, isLockedOut } from "./tailnet-demands.ts";

/**
 * A tailscaled that we control, either the extension's own node or a machine's. Watches its state and runs changes one after the other.
 */
export interface TailnetNode {
  state(): NodeState;
  accounts(): Account[];
  alerts(): Fault[];
  /** Newer releases that the control server announces. */
  updates(): Update[];
  /** Returns how packets recently went to a tailnet address; null when the last check saw none. */
  pathTo(address: string): Visitor["path"];
  details(): NodeDetails;
  handle(event: NodeEvent): void;
  /** Watches the bus until the signal; calls `onChange` whenever something that a panel shows has changed. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void>;
  /**
   * Checks how packets go to other devices, for a panel that shows it. tailscaled reports this only in its full status, which grows
   * with the tailnet. So check every few seconds while somebody visits, to see a relayed path become direct, and less often otherwise
   * or in a tailnet where the check is slow. Resolves with whether it checked; never rejects.
   */
  lookAtPaths(visited: boolean): Promise<boolean>;
  /** Observes tailscaled again, at once. */
  refresh(): Promise<void>;
  login(request: LoginRequest): Promise<void>;
  /** Requests another key; only for a connected node. Everything stays reachable meanwhile. */
  renewKey(request: RenewalRequest): Promise<void>;
  /** A connected node stays connected. */
  cancelLogin(): Promise<void>;
  logout(): Promise<void>;
  setConnected(connected: boolean): Promise<void>;
  setHostname(hostname: string): Promise<void>;
  switchAccount(id: string): Promise<void>;
}

/** How long a change waits for a daemon that is starting. */
const START_MS = 5_000;
/** How long a new device waits for the first answer from another one. Milliseconds. */
const INTRODUCTION_MS = 2_000;
/** Batches notifications: one is often the first of several. */
const SETTLE_MS = 15;
/** Key expiry and similar changes arrive without a notification. Milliseconds. */
const REFRESH_MS = { watched: 30_000, unwatched: 60_000 };

export function createTailnetNode({
  localApi,
  clock,
  log,
  loginPrefs = {},
  refreshMs = REFRESH_MS,
  watched = () => true,
  onNotify = () => undefined,
  probeControl,
  inTurn = async (work) => await work(),
  askControl = async () => await Promise.resolve(null),
  suspicious = true,
  flowLogs,
}: {
  localApi: LocalApi;
  clock: Clock;
  log: Logger;
  /** Preferences that every log-in sets in addition to its own. */
  loginPrefs?: Partial<Prefs>;
  /** How often to observe tailscaled without a notification. Milliseconds. */
  refreshMs?: Readonly<Record<"watched" | "unwatched", number>>;
  /** Whether a panel is showing the result. Defaults to always. */
  watched?: () => boolean;
  /** Called with every line of the bus. */
  onNotify?: (notify: Notify) => void;
  probeControl: ControlWatchDependencies["probeControl"];
  /** Restarts the control clients of several nodes one after another. */
  inTurn?: (work: () => Promise<void>) => Promise<void>;
  /** Probes a log-in's control server; omitted when the probe would run on another network. */
  askControl?: LogInDependencies["askControl"];
  /** Whether to probe a control server that tailscaled reports as connected. */
  suspicious?: boolean;
  /** Remembers across restarts which profile tailscaled left because of network flow logs. */
  flowLogs?: { readonly profile: string | null; keep(profile: string | null): void };
}): TailnetNode {
  let memory: NodeMemory = { ...initialMemory, flowLogsProfile: flowLogs?.profile ?? null };
  let shown = "";
  let onChange: () => void = () => undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let introduction: Promise<void> | null = null;
  const paths = createPathOpener(localApi, clock, log);
  const lookAtPaths = createPathLook(localApi, (peers) => handle({ kind: "peers-seen", peers }), {
    clock,
    log,
  });

  function handle(event: NodeEvent): void {
    const before = memory.flowLogsProfile;
    memory = reduce(memory, event);
    if (memory.flowLogsProfile !== before) flowLogs?.keep(memory.flowLogsProfile);
    paths.sees(memory.status);
    introduce();
    // Leave out the paths: a panel that shows them also polls them, and nothing else reacts to them.
    const state = { ...nodeState(memory), paths: null };
    const now = JSON.stringify([state, accounts(memory), healthAlerts(memory), updates(memory)]);
    if (now === shown) return;
    shown = now;
    onChange();
  }

  /** Treats a new device as connected once another device has answered it. */
  function introduce(): void {
    if (introduction !== null || !isIntroducing(memory)) return;
    introduction = paths.answered(INTRODUCTION_MS).then(() => {
      introduction = null;
      handle({ kind: "introduced" });
    });
  }

  async function observe(signal?: AbortSignal): Promise<void> {
    const [status, prefs, profiles] = await Promise.all([
      localApi.status(signal),
      localApi.prefs(signal),
      localApi.profiles(signal),
    ]);
    const keysToSign = isLockedOut(status) ? await localApi.keysToSign(signal).catch(() => []) : [];
    handle({ kind: "observed", status, prefs, profiles, keysToSign });
  }

  /** A click while the daemon starts waits for it instead of failing. */
  async function untilRunning(): Promise<void> {
    const deadline = clock.monotonic() + START_MS;
    while (memory.daemon.phase !== "running" && clock.monotonic() < deadline) await clock.sleep(20);
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
      onNotify(notify);
      paths.hears(notify);
      if (!tellsOfNode(notify)) continue;
      handle({ kind: "notify", notify });
      if (isFlowLogsRefusal(notify.ErrMessage)) stopForReal();
      if (observing) continue;
      observing = true;
      clock
        .sleep(SETTLE_MS, signal)
        .then(async () => {
          observing = false;
          await observe(signal);
        })
        .catch((err: unknown) => {
          if (!signal.aborted)
            log.debug({ event: "node.unobserved", err }, "tailscaled could not be observed");
        });
    }
  }

  async function refreshNowAndThen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const began = clock.monotonic();
      const due = () => began + (watched() ? refreshMs.watched : refreshMs.unwatched);
      // Sleep in steps: a panel may open meanwhile.
      while (!signal.aborted && clock.monotonic() < due())
        await clock
          .sleep(Math.min(refreshMs.watched, due() - clock.monotonic()), signal)
          .catch(() => undefined);
      if (!signal.aborted && memory.daemon.phase === "running") await observe(signal).catch(() => undefined);
    }
  }

  async function watchForever(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      if (memory.daemon.phase === "running") {
        const startedAt = clock.monotonic();
        await watchBus(signal).catch((err: unknown) => {
          if (!signal.aborted) log.debug({ event: "node.bus-ended", err }, "the bus of tailscaled ended");
        });
        failures = clock.monotonic() - startedAt > 1_000 ? 1 : failures + 1;
      }
      await clock
        .sleep(
          memory.daemon.phase === "running" ? backoffDelay(failures, { first: 50, most: 2_000 }) : 20,
          signal,
        )
        .catch(() => undefined);
    }
  }

  /** Restarts the control client, which retries without back-off. Everything stays reachable meanwhile, as during a renewal. */
  async function nudge(): Promise<void> {
    const work = async () => {
      if (controlUrl(memory) === null) return;
      handle({ kind: "control-tried" });
      await localApi.start();
    };
    await inTurn(async () => await exclusively(work));
  }

  /** tailscaled has decided to stop, but keeps using its old netmap until it restarts. */
  function stopForReal(): void {
    exclusively(async () => {
      logIn.forget();
      await localApi.start();
    }).catch((err: unknown) => log.debug({ event: "node.not-stopped", err }, "tailscaled was not stopped"));
  }

  const logIn = createLogIn({ localApi, memory: () => memory, handle, loginPrefs, askControl, clock, log });

  return {
    state: () => nodeState(memory),
    accounts: () => accounts(memory),
    alerts: () => healthAlerts(memory),
    updates: () => updates(memory),
    pathTo: (address) => memory.peers.find(({ addresses }) => addresses.includes(address))?.path ?? null,
    details: () => nodeDetails(memory),
    handle,
    async watch(listener, signal) {
      onChange = listener;
      await Promise.all([
        watchForever(signal),
        refreshNowAndThen(signal),
        watchControl(
          {
            ...{ probeControl, nudge, suspicious, watched, clock, log },
            controlUrl: () => controlUrl(memory),
            isLost: () => memory.daemon.phase === "running" && memory.daemon.condition === "out-of-sync",
            onChange: (isSilent) => handle({ kind: "control-heard", isSilent }),
          },
          signal,
        ),
      ]);
    },

    async lookAtPaths(visited) {
      if (memory.status?.BackendState !== "Running") return false;
      return await lookAtPaths(visited);
    },

    refresh: observe,

    login: async (request) => await exclusively(async () => await logIn.begin(request)),
    renewKey: async (request) => await exclusively(async () => await logIn.renew(request)),
    cancelLogin: async () => await exclusively(logIn.cancel),
    logout: async () => await exclusively(logIn.logout),

    async setConnected(connected) {
      await exclusively(async () => {
        // tailscaled drops a renewal when it pauses, and resumes with its current key.
        if (!connected) logIn.forget();
        await localApi.patchPrefs({ WantRunning: connected });
      });
    },

    async setHostname(hostname) {
      await exclusively(async () => await localApi.patchPrefs({ Hostname: hostname }));
    },

    async switchAccount(id) {
      if (!accounts(memory).some((account) => account.id === id)) {
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

/** tailscaled also reports other devices: as lines with nothing left in them, or as sessions, which come and go with visitors. */
function tellsOfNode({ PeerState: _sessions, ...rest }: Notify): boolean {
  return Object.values(rest).some((value) => value !== undefined && value !== null);
}
