import type { Logger } from "pino";
import type { Clock } from "../../lib/clock.ts";
import { createSleeper } from "../../lib/timing.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import { createPathOpener, type PathOpener } from "./peers/open-paths.ts";
import { healthAlerts, updates } from "./state/node-health.ts";
import { accounts } from "./state/node-identity.ts";
import { initialMemory, type NodeEvent, type NodeMemory, reduce } from "./state/node-memory.ts";
import { isIntroducing, nodeState } from "./state/node-state.ts";
import { isLockedOut } from "./state/tailnet-demands.ts";

/** Remembers across restarts which profile tailscaled left because of network flow logs. */
export interface FlowLogsNote {
  readonly profile: string | null;
  keep(profile: string | null): void;
}

/** The known state of a tailscaled. Every event goes through `handle`. */
export interface NodeRecord {
  memory(): NodeMemory;
  handle(event: NodeEvent): void;
  /** Observes tailscaled again, at once. */
  observe(signal?: AbortSignal): Promise<void>;
  /** Sets the listener that is called whenever something that a panel shows has changed. */
  onChange(listener: () => void): void;
  /** Whether tailscaled runs and has lost its control server. */
  isLost(): boolean;
  /** Resolves once that is so, or at the signal. Never rejects. */
  untilLost(signal: AbortSignal): Promise<void>;
  readonly paths: Pick<PathOpener, "hears">;
}

export interface NodeRecordDependencies {
  localApi: LocalApi;
  flowLogs: FlowLogsNote | undefined;
  clock: Clock;
  log: Logger;
}

/** How long a new device waits for the first answer from another one. Milliseconds. */
const INTRODUCTION_MS = 2_000;

/** A sleep that usually is woken earlier. Milliseconds. */
const AN_HOUR_MS = 3_600_000;

export function createNodeRecord({ localApi, flowLogs, clock, log }: NodeRecordDependencies): NodeRecord {
  let memory: NodeMemory = { ...initialMemory, flowLogsProfile: flowLogs?.profile ?? null };
  let shown = "";
  let onChange: () => void = () => undefined;
  let introduction: Promise<void> | null = null;
  const paths = createPathOpener(localApi, clock, log);
  const losses = createSleeper(clock);
  const isLost = () => memory.daemon.phase === "running" && memory.daemon.condition === "out-of-sync";

  function handle(event: NodeEvent): void {
    const before = memory.flowLogsProfile;
    memory = reduce(memory, event);
    if (memory.flowLogsProfile !== before) flowLogs?.keep(memory.flowLogsProfile);
    paths.sees(memory.status);
    if (isLost()) losses.wake();
    introduce();
    const now = shownText(memory);
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
    const refusedBefore = memory.refusesFlowLogs;
    const event = await observation(localApi, signal);
    // tailscaled stops, then reports why. An observation begun before that still shows it running, which would end the refusal.
    if (memory.refusesFlowLogs && !refusedBefore) await observe(signal);
    else handle(event);
  }

  return {
    memory: () => memory,
    handle,
    observe,
    onChange(listener) {
      onChange = listener;
    },
    isLost,
    async untilLost(signal) {
      while (!isLost() && !signal.aborted) await losses.sleep(AN_HOUR_MS, signal);
    },
    paths,
  };
}

/** The part that a panel shows. Leaves out the paths: a panel that shows them also polls them, and nothing else reacts to them. */
function shownText(memory: NodeMemory): string {
  const state = { ...nodeState(memory), paths: null };
  return JSON.stringify([state, accounts(memory), healthAlerts(memory), updates(memory)]);
}

async function observation(localApi: LocalApi, signal?: AbortSignal): Promise<NodeEvent> {
  const [status, prefs, profiles] = await Promise.all([
    localApi.status(signal),
    localApi.prefs(signal),
    localApi.profiles(signal),
  ]);
  const keysToSign = isLockedOut(status) ? await localApi.keysToSign(signal).catch(() => []) : [];
  return { kind: "observed", status, prefs, profiles, keysToSign };
}
