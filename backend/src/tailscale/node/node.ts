import type { Fault } from "@tailnet-share/contract/errors";
import type { Account, NodeState, Update } from "@tailnet-share/contract/node";
import type { Visitor } from "@tailnet-share/contract/share";
import type { Logger } from "pino";
import type { Clock } from "../../lib/clock.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import type { Notify, Prefs } from "../localapi/types.ts";
import { type ControlWatchDependencies, watchControl } from "./control-watch.ts";
import { createLogIn, type LogIn, type LogInDependencies } from "./log-in.ts";
import { createExclusively, createNodeChanges, type Exclusively, type NodeChanges } from "./node-changes.ts";
import { createNodeRecord, type FlowLogsNote, type NodeRecord } from "./node-record.ts";
import { type RefreshMs, refreshForever, watchBusForever } from "./node-watch.ts";
import { createPathLook } from "./peers/path-look.ts";
import { type NodePreferences, nodePreferences } from "./preferences.ts";
import { healthAlerts, updates } from "./state/node-health.ts";
import { accounts, controlUrl, type NodeDetails, nodeDetails } from "./state/node-identity.ts";
import type { NodeEvent } from "./state/node-memory.ts";
import { nodeState } from "./state/node-state.ts";

/**
 * A tailscaled that we control, either the extension's own node or a machine's. Watches its state and runs changes one after the other.
 */
export interface TailnetNode extends NodeChanges {
  state(): NodeState;
  accounts(): Account[];
  alerts(): Fault[];
  /** Newer releases that the control server announces. */
  updates(): Update[];
  /** Returns how packets recently went to a tailnet address; null when the last check saw none. */
  pathTo(address: string): Visitor["path"];
  details(): NodeDetails;
  /** Null while tailscaled doesn't answer or nobody is logged in. */
  preferences(): NodePreferences | null;
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
}

export interface TailnetNodeOptions {
  localApi: LocalApi;
  clock: Clock;
  log: Logger;
  /** Preferences that every login sets in addition to its own. */
  loginPrefs?: Partial<Prefs>;
  refreshMs?: RefreshMs;
  /** Whether a panel is showing the result. Defaults to always. */
  watched?: () => boolean;
  /** Called with every line of the bus. */
  onNotify?: (notify: Notify) => void;
  probeControl: ControlWatchDependencies["probeControl"];
  /** Restarts the control clients of several nodes one after another. */
  inTurn?: (work: () => Promise<void>) => Promise<void>;
  /** Probes a login's control server; omitted when the probe would run on another network. */
  askControl?: LogInDependencies["askControl"];
  /** Whether to probe a control server that tailscaled reports as connected. */
  suspicious?: boolean;
  flowLogs?: FlowLogsNote;
}

const REFRESH_MS: RefreshMs = { watched: 30_000, unwatched: 60_000 };

export function createTailnetNode(options: TailnetNodeOptions): TailnetNode {
  const { localApi, clock, log, loginPrefs = {}, flowLogs } = options;
  const askControl = options.askControl ?? (async () => await Promise.resolve(null));
  const record = createNodeRecord({ localApi, flowLogs, clock, log });
  const { memory, handle } = record;
  const exclusively = createExclusively(record, clock);
  const logIn = createLogIn({ localApi, memory, handle, loginPrefs, askControl, clock, log });
  const lookAtPaths = createPathLook(localApi, (peers) => handle({ kind: "peers-seen", peers }), {
    clock,
    log,
  });
  return {
    state: () => nodeState(memory()),
    accounts: () => accounts(memory()),
    alerts: () => healthAlerts(memory()),
    updates: () => updates(memory()),
    pathTo: (address) => memory().peers.find(({ addresses }) => addresses.includes(address))?.path ?? null,
    details: () => nodeDetails(memory()),
    preferences: () => nodePreferences(memory()),
    handle,
    refresh: record.observe,
    async watch(listener, signal) {
      record.onChange(listener);
      await watchNode({ options, record, exclusively, logIn }, signal);
    },
    async lookAtPaths(visited) {
      if (memory().status?.BackendState !== "Running") return false;
      return await lookAtPaths(visited);
    },
    ...createNodeChanges({ localApi, logIn, record, exclusively }),
  };
}

interface Parts {
  options: TailnetNodeOptions;
  record: NodeRecord;
  exclusively: Exclusively;
  logIn: LogIn;
}

/** Follows a tailscaled and its control server until the signal. */
async function watchNode(parts: Parts, signal: AbortSignal): Promise<void> {
  const { localApi, clock, log, probeControl, suspicious = true } = parts.options;
  const { refreshMs = REFRESH_MS, watched = () => true, onNotify = () => undefined } = parts.options;
  const { record } = parts;
  const onFlowLogsRefusal = () => stopForReal(parts);
  await Promise.all([
    watchBusForever({ localApi, record, onNotify, onFlowLogsRefusal, clock, log }, signal),
    refreshForever(record, { refreshMs, watched, clock }, signal),
    watchControl(
      {
        ...{ probeControl, suspicious, watched, clock, log },
        nudge: async () => await nudge(parts),
        controlUrl: () => controlUrl(record.memory()),
        isLost: record.isLost,
        untilLost: record.untilLost,
        onChange: (isSilent) => record.handle({ kind: "control-heard", isSilent }),
      },
      signal,
    ),
  ]);
}

/** Restarts the control client, which retries without back-off. Everything stays reachable meanwhile, as during a renewal. */
async function nudge({ options, record, exclusively }: Parts): Promise<void> {
  const { localApi, inTurn = async (work) => await work() } = options;
  const restart = async () => {
    if (controlUrl(record.memory()) === null) return;
    record.handle({ kind: "control-tried" });
    await localApi.start();
  };
  await inTurn(async () => await exclusively(restart));
}

/** tailscaled has decided to stop, but keeps using its old netmap until it restarts. */
function stopForReal({ options: { localApi, log }, exclusively, logIn }: Parts): void {
  exclusively(async () => {
    logIn.forget();
    await localApi.start();
  }).catch((err: unknown) => log.debug({ event: "node.not-stopped", err }, "tailscaled was not stopped"));
}
