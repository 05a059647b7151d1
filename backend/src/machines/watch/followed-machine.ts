import type { Logger } from "pino";
import type { ControlProbe } from "../../control/shared-probe.ts";
import type { Clock } from "../../lib/clock.ts";
import { type Mutex, until } from "../../lib/timing.ts";
import { shownListeners } from "../../ports/listener-addresses.ts";
import type { Listener } from "../../ports/listening.ts";
import { MACHINE_RHYTHM, watchHeartbeat } from "../../tailscale/daemon/heartbeat.ts";
import { createPulse } from "../../tailscale/daemon/pulse.ts";
import type { LocalApi } from "../../tailscale/localapi/localapi.ts";
import type { Notify } from "../../tailscale/localapi/types.ts";
import { createTailnetNode, type TailnetNode } from "../../tailscale/node/node.ts";
import { type MachineContainer, machineSocket } from "../container/container.ts";
import { NETFILTER_OFF } from "../device/state-file.ts";
import { type MachineInspection, NOT_INSPECTED } from "../namespace/inspection.ts";
import { type LookTimes, nextRoundAt, VISITS_APART_MS } from "./look-rhythm.ts";

/** A running machine, its tailscaled's state and what the last look inside has seen. */
export interface FollowedMachine {
  readonly containerId: string;
  /** The container whose network namespace it uses. */
  readonly targetId: string;
  readonly node: TailnetNode;
  /** The last observation of its inside; null before the first look. */
  inspection(): MachineInspection | null;
  /** Whether its tailscaled has been silent for so long that the machine needs to be made again. */
  hangs(): boolean;
  /** Reports a client: the application's listeners may have changed since the last look. */
  visited(): void;
  /** Takes listeners that another look has found in its container. */
  found(listening: readonly Listener[]): void;
  /** Merges an observation; omitted fields keep their values. */
  saw(inspection: Partial<MachineInspection>): void;
  /** Has the loop look inside again. Returns false if it hasn't looked inside yet, and will anyway. */
  expire(): boolean;
  stop(): void;
}

/**
 * - `changed`: something about a machine has changed.
 * - `found`: the same, and the machine may need another step now.
 * - `due`: a look into its container is due.
 */
export type MachineNews = "changed" | "found" | "due";

export interface FollowOptions {
  stateDirectory: string;
  localApi: LocalApi;
  onNews: (news: MachineNews) => void;
  /** Called with every line of its bus. */
  onNotify: (notify: Notify) => void;
  /** Whether a panel is showing the machines. */
  watched: () => boolean;
  probeControl: ControlProbe;
  /** Of all machines: their tailscaleds are reconnected one after the other. */
  inTurn: Mutex;
  clock: Clock;
  log: Logger;
}

/** A machine's start gives up after this time. Milliseconds. */
const FIRST_ANSWER_MS = 15_000;
const FIRST_POLL_MS = 500;
/** Refresh interval in case of missed events; the bus reports all changes. Milliseconds. */
const REFRESH_MS = 120_000;
const UNWATCHED_REFRESH_MS = 600_000;
/** Timers may fire this much early. Milliseconds. */
const TIMER_MS = 5;

/** Follows a machine's tailscaled until `stop`. */
export function followMachine(container: MachineContainer, options: FollowOptions): FollowedMachine {
  const machine = new Follower(container, options);
  machine.start();
  return machine;
}

class Follower implements FollowedMachine {
  readonly containerId: string;
  readonly targetId: string;
  readonly node: TailnetNode;
  readonly #key: string;
  readonly #options: FollowOptions;
  readonly #stopping = new AbortController();
  #inspection: MachineInspection | null = null;
  #hangs = false;
  /** Aborts when another time for the next look is known. */
  #nextLook = new AbortController();

  constructor({ key, containerId, targetId }: MachineContainer, options: FollowOptions) {
    this.#key = key;
    this.containerId = containerId;
    this.targetId = targetId;
    this.#options = options;
    this.node = nodeOf(key, options);
  }

  start(): void {
    const { onNews, log } = this.#options;
    const { signal } = this.#stopping;
    const onChange = () => onNews("changed");
    // The container runs; the bus retries until its tailscaled answers.
    this.node.handle({ kind: "daemon-running" });
    Promise.all([this.node.watch(onChange, signal), this.#listen(signal)]).catch((err: unknown) => {
      if (!signal.aborted)
        log.error({ event: "machine.unfollowed", err, machine: this.#key }, "watching a machine failed");
    });
  }

  stop(): void {
    this.#stopping.abort();
  }

  inspection(): MachineInspection | null {
    return this.#inspection;
  }

  hangs(): boolean {
    return this.#hangs;
  }

  visited(): void {
    if (this.#inspection === null || this.#inspection.stale) return;
    if (this.#options.clock.monotonic() - this.#inspection.lookedAt < VISITS_APART_MS) return;
    this.expire();
  }

  expire(): boolean {
    if (this.#inspection === null) return false;
    this.#inspection = { ...this.#inspection, stale: true };
    this.#options.onNews("due");
    return true;
  }

  found(listening: readonly Listener[]): void {
    if (this.#inspection === null || shapeOf(this.#inspection.listening) === shapeOf(listening)) return;
    this.#inspection = { ...this.#inspection, listening };
    this.#options.onNews("changed");
  }

  saw(inspection: Partial<MachineInspection>): void {
    const { onNews, clock } = this.#options;
    const first = { ...NOT_INSPECTED, lookAgainAt: clock.monotonic() };
    const before = this.#inspection;
    this.#inspection = { ...first, ...before, ...inspection, stale: false };
    if (before === null || findingsOf(before) !== findingsOf(this.#inspection)) onNews("found");
    if (inspection.lookAgainAt !== undefined) void this.#wake(this.#inspection).catch(() => undefined);
  }

  /** No event reports that a look is due, so sleep until the next one: the regular one, or the earlier one while a panel is open. */
  async #wake({ lookedAt, lookAgainAt }: LookTimes): Promise<void> {
    const { watched, onNews, clock } = this.#options;
    this.#nextLook.abort();
    this.#nextLook = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, this.#nextLook.signal]);
    const times = [...(watched() ? [nextRoundAt(lookedAt)] : []), lookAgainAt].toSorted((x, y) => x - y);
    for (const time of times) {
      await clock.sleep(Math.max(0, time - clock.monotonic()) + TIMER_MS, signal);
      onNews("due");
    }
  }

  /** A tailscaled that hangs doesn't report that on its bus. */
  async #listen(signal: AbortSignal): Promise<void> {
    const { stateDirectory, watched, onNews, clock, log } = this.#options;
    // A starting tailscaled is silent for a while, and its start waits for it.
    const hasAnswered = async () => await Promise.resolve(this.node.details().version !== null);
    await until(hasAnswered, FIRST_ANSWER_MS, { clock, everyMs: FIRST_POLL_MS, signal });
    const pulse = createPulse(machineSocket(stateDirectory, this.#key));
    const end = await watchHeartbeat(
      {
        signOfLife: pulse.ask,
        watched,
        onChange: (condition) => this.node.handle({ kind: "daemon-condition", condition }),
        rhythm: MACHINE_RHYTHM,
        clock,
      },
      signal,
    );
    pulse.close();
    if (end === "over") return;
    this.#hangs = true;
    log.warn({ event: "machine.hangs", machine: this.#key }, "a machine does not answer and is recreated");
    onNews("changed");
  }
}

function nodeOf(
  key: string,
  { localApi, onNotify, watched, probeControl, inTurn, clock, log }: FollowOptions,
): TailnetNode {
  return createTailnetNode({
    ...{ localApi, onNotify, watched, probeControl, inTurn, clock },
    log: log.child({ machine: key }),
    // Otherwise tailscaled would leave its empty chains in the container's namespace forever.
    loginPrefs: { NetfilterMode: NETFILTER_OFF },
    refreshMs: { watched: REFRESH_MS, unwatched: UNWATCHED_REFRESH_MS },
    // The node's own watch detects a control server that hangs.
    suspicious: false,
  });
}

/** Serializes the findings of a look, to compare them with those of another. Leaves out the times of looks. */
function findingsOf({ listening, ...inspection }: MachineInspection): string {
  return shapeOf(listening) + JSON.stringify({ ...inspection, ...NO_TIMES });
}

const NO_TIMES: LookTimes & Pick<MachineInspection, "stale"> = {
  lookedAt: 0,
  lookAgainAt: 0,
  idleSince: 0,
  stale: false,
};

/** Clients' sockets come and go, so ignore those that no panel shows. */
function shapeOf(listening: readonly Listener[] | null): string {
  return JSON.stringify(listening && shownListeners(listening));
}
