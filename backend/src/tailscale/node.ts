import type { Fault } from "@tailnet-share/contract/errors";
import { AppError } from "@tailnet-share/contract/errors";
import type { Account, NodeState, Update } from "@tailnet-share/contract/node";
import type { Visitor } from "@tailnet-share/contract/share";
import type { Logger } from "pino";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { type ControlWatchDependencies, watchControl } from "./control-watch.ts";
import type { LocalApi } from "./localapi.ts";
import { createLogIn, type LogInDependencies, type LoginRequest, type RenewalRequest } from "./log-in.ts";
import { healthAlerts, updates } from "./node-health.ts";
import { accounts, controlUrl, type NodeDetails, nodeDetails } from "./node-identity.ts";
import { initialMemory, type NodeEvent, type NodeMemory, reduce } from "./node-memory.ts";
import { isIntroducing, nodeState } from "./node-state.ts";
import { createPathOpener } from "./open-paths.ts";
import { createPathLook } from "./path-look.ts";
import { isFlowLogsRefusal, isLockedOut } from "./tailnet-demands.ts";
import type { Notify, Prefs } from "./types.ts";

/** A tailscaled that we drive, the extension's own node or a machine's: watches tailscaled and drives it. Calls that change something are carried out one after the other. */
export interface TailnetNode {
  state(): NodeState;
  accounts(): Account[];
  alerts(): Fault[];
  /** Newer releases that the control server tells of. */
  updates(): Update[];
  /** How packets went to a tailnet address of late; null when none did, as far as was looked. */
  pathTo(address: string): Visitor["path"];
  details(): NodeDetails;
  handle(event: NodeEvent): void;
  /** Watches the bus until the signal ends it; `onChange` is called whenever something that a panel shows has changed. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void>;
  /**
   * Looks at how packets go to other devices, for a panel that shows it. tailscaled reports this only in its full status, which grows
   * with the tailnet: every few seconds while somebody visits, to see a relayed path become direct, less often otherwise, and less
   * often in a tailnet where a look takes long. Resolves with whether it looked; never rejects.
   */
  lookAtPaths(visited: boolean): Promise<boolean>;
  /** Looks at tailscaled anew, at once. */
  refresh(): Promise<void>;
  login(request: LoginRequest): Promise<void>;
  /** Asks for another key; only for a node that is connected. Everything stays reachable meanwhile. */
  renewKey(request: RenewalRequest): Promise<void>;
  /** Leaves a node that is connected so. */
  cancelLogin(): Promise<void>;
  logout(): Promise<void>;
  setConnected(connected: boolean): Promise<void>;
  setHostname(hostname: string): Promise<void>;
  switchAccount(id: string): Promise<void>;
}

/** How long a change waits for a daemon that is starting. */
const START_MS = 5_000;
/** How long a new device waits for another one's first answer. Milliseconds. */
const INTRODUCTION_MS = 2_000;
/** A notification is often the first of several. */
const SETTLE_MS = 15;
/** Key expiry and the like change without a notification. Milliseconds. */
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
  /** Preferences that every log-in sets beside its own. */
  loginPrefs?: Partial<Prefs>;
  /** How often tailscaled is looked at although it has told nothing. Milliseconds. */
  refreshMs?: Readonly<Record<"watched" | "unwatched", number>>;
  /** Whether somebody looks at what is shown of it. Left out, somebody always does. */
  watched?: () => boolean;
  /** Called with every line of the bus. */
  onNotify?: (notify: Notify) => void;
  probeControl: ControlWatchDependencies["probeControl"];
  /** Restarts the control clients of several nodes one after another. */
  inTurn?: (work: () => Promise<void>) => Promise<void>;
  /** Probes a log-in's control server; omitted when the probe would run on another network. */
  askControl?: LogInDependencies["askControl"];
  /** Whether to see for oneself that a control server is there that tailscaled believes to hear. */
  suspicious?: boolean;
  /** Remembers over restarts which profile tailscaled has left because of network flow logs. */
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
    // The paths are left out: whoever looks at them shows them, too, and nothing has to be done about them.
    const state = { ...nodeState(memory), paths: null };
    const now = JSON.stringify([state, accounts(memory), healthAlerts(memory), updates(memory)]);
    if (now === shown) return;
    shown = now;
    onChange();
  }

  /** A new device counts as connected once another one has answered it. */
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

  /** A click in the daemon's first moments waits for it instead of failing. */
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
      // In steps: somebody may begin to look meanwhile.
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

  /** A fresh control client waits for nothing. Everything stays reachable meanwhile, as during a renewal. */
  async function nudge(): Promise<void> {
    const work = async () => {
      if (controlUrl(memory) === null) return;
      handle({ kind: "control-tried" });
      await localApi.start();
    };
    await inTurn(async () => await exclusively(work));
  }

  /** tailscaled has decided to stop, and goes on with its old netmap all the same until it starts again. */
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
        // tailscaled drops a renewal when it pauses, and comes back with the key that it has.
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

/** tailscaled also tells of other devices: lines that have nothing left in them, or sessions, which come and go with visitors. */
function tellsOfNode({ PeerState: _sessions, ...rest }: Notify): boolean {
  return Object.values(rest).some((value) => value !== undefined && value !== null);
}
