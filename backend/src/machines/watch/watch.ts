import type { NodeState } from "@tailnet-share/contract/node";
import type { Logger } from "pino";
import type { ControlProbe } from "../../control/shared-probe.ts";
import type { Clock } from "../../lib/clock.ts";
import { createMutex, until } from "../../lib/timing.ts";
import type { Listener } from "../../ports/listening.ts";
import { shownListeners } from "../../ports/places.ts";
import { MACHINE_RHYTHM, watchHeartbeat } from "../../tailscale/daemon/heartbeat.ts";
import { createPulse } from "../../tailscale/daemon/pulse.ts";
import { createLocalApi, type LocalApi } from "../../tailscale/localapi/localapi.ts";
import type { Notify } from "../../tailscale/localapi/types.ts";
import { createTailnetNode, type TailnetNode } from "../../tailscale/node/node.ts";
import type { NodeDetails } from "../../tailscale/node/node-identity.ts";
import { type MachineContainer, machineSocket } from "../container/container.ts";
import { type MachineInside, NOTHING_SEEN } from "../container/seen-inside.ts";
import { NETFILTER_OFF } from "../device/state-file.ts";
import { type LookTimes, nextRoundAt } from "./look-rhythm.ts";

/** A machine's container and the state that its tailscaled reports. */
export interface ObservedMachine extends MachineContainer {
  node: NodeState;
  details: NodeDetails;
  inside: MachineInside | null;
  /** Its tailscaled has been silent for so long that the machine needs to be made again. */
  hangs: boolean;
}

/** Follows the tailscaled of every machine that runs. */
export interface MachineWatch {
  /** Starts following the running machines, and stops following the others. */
  observe(containers: readonly MachineContainer[]): ObservedMachine[];
  /** Returns null if its container does not run. */
  node(key: string): TailnetNode | null;
  containerId(key: string): string | null;
  /** The container whose network namespace it uses. */
  targetId(key: string): string | null;
  /** The only client of a machine's tailscaled. Every extra client would leave connections that tailscaled never closes. */
  localApi(key: string): LocalApi;
  /** Has the loop look inside again. Returns its listeners, or null after `ms` or if the machine does not run. */
  lookAgain(key: string, ms: number): Promise<readonly Listener[] | null>;
  /** The last observation of a machine's inside; null before the first look, or if it does not run. */
  inside(key: string): MachineInside | null;
  /** Reports a visitor: the application's listeners may have changed since the last look. */
  visited(key: string): void;
  /** Takes listeners that another look has found in a container. */
  found(containerId: string, listening: readonly Listener[]): void;
  /** Merges an observation; omitted fields keep their values. */
  saw(key: string, inside: Partial<MachineInside>): void;
  /** Stops following all machines. */
  close(): void;
}

interface Followed {
  containerId: string;
  targetId: string;
  node: TailnetNode;
  inside: MachineInside | null;
  hangs: boolean;
  forgetNextLook: () => void;
  stop: () => void;
  /** Aborts when the machine is no longer watched. */
  stopping: AbortSignal;
}

/** A machine's start gives up after this time. Milliseconds. */
const FIRST_ANSWER_MS = 15_000;
const FIRST_POLL_MS = 500;
/** Refresh interval in case of missed events; the bus reports all changes. Milliseconds. */
const REFRESH_MS = 120_000;
const UNWATCHED_REFRESH_MS = 600_000;

export function createMachineWatch({
  stateDirectory,
  onChange,
  onNotify,
  watched = () => true,
  probeControl,
  clock,
  log,
}: {
  stateDirectory: string;
  /** Called whenever something about a machine has changed. */
  onChange: () => void;
  /** Called with every line of a machine's bus. */
  onNotify: (key: string, notify: Notify) => void;
  /** Whether a panel is showing the machines. If omitted, always true. */
  watched?: () => boolean;
  probeControl: ControlProbe;
  clock: Clock;
  log: Logger;
}): MachineWatch {
  const followed = new Map<string, Followed>();
  /** Of all machines: their tailscaleds are reconnected one after the other. */
  const nudges = createMutex();
  /** Also called for a starting machine that isn't watched yet. */
  const clients = new Map<string, LocalApi>();

  function localApi(key: string): LocalApi {
    const known = clients.get(key);
    if (known !== undefined) return known;
    const client = createLocalApi(machineSocket(stateDirectory, key));
    clients.set(key, client);
    return client;
  }

  function unfollow(key: string, { stop }: Followed): void {
    stop();
    followed.delete(key);
    clients.get(key)?.close();
    clients.delete(key);
  }

  function follow({ key, containerId, targetId }: MachineContainer): Followed {
    const stopping = new AbortController();
    const node = createTailnetNode({
      localApi: localApi(key),
      clock,
      log: log.child({ machine: key }),
      // Otherwise tailscaled would leave its empty chains in the container's namespace forever.
      loginPrefs: { NetfilterMode: NETFILTER_OFF },
      refreshMs: { watched: REFRESH_MS, unwatched: UNWATCHED_REFRESH_MS },
      watched,
      probeControl,
      inTurn: nudges,
      // The node's own watch detects a control server that hangs.
      suspicious: false,
      onNotify: (notify) => onNotify(key, notify),
    });
    // The container runs; the bus retries until its tailscaled answers.
    node.handle({ kind: "daemon-running" });
    const one: Followed = {
      ...{ containerId, targetId, node },
      ...{ inside: null, hangs: false, forgetNextLook: () => undefined },
      ...{ stop: () => stopping.abort(), stopping: stopping.signal },
    };
    Promise.all([node.watch(onChange, stopping.signal), listen(key, one, stopping.signal)]).catch(
      (err: unknown) => {
        if (!stopping.signal.aborted)
          log.error({ event: "machine.unfollowed", err, machine: key }, "watching a machine failed");
      },
    );
    return one;
  }

  /** No event reports that a look is due, so sleep until the next one: the regular one, or the earlier one while a panel is open. */
  async function wake({ lookedAt, lookAgainAt }: LookTimes, one: Followed): Promise<void> {
    one.forgetNextLook();
    const obsolete = new AbortController();
    one.forgetNextLook = () => obsolete.abort();
    const until = AbortSignal.any([one.stopping, obsolete.signal]);
    const times = [...(watched() ? [nextRoundAt(lookedAt)] : []), lookAgainAt].toSorted((x, y) => x - y);
    for (const time of times) {
      await clock.sleep(Math.max(0, time - clock.monotonic()) + TIMER_MS, until);
      onChange();
    }
  }

  /** A tailscaled that hangs doesn't report that on its bus. */
  async function listen(key: string, one: Followed, signal: AbortSignal): Promise<void> {
    const socket = machineSocket(stateDirectory, key);
    // A starting tailscaled is silent for a while, and its start waits for it.
    const hasAnswered = async () => await Promise.resolve(one.node.details().version !== null);
    await until(hasAnswered, FIRST_ANSWER_MS, { clock, everyMs: FIRST_POLL_MS, signal });
    const pulse = createPulse(socket);
    const end = await watchHeartbeat(
      {
        signOfLife: pulse.ask,
        watched,
        onChange: (condition) => one.node.handle({ kind: "daemon-condition", condition }),
        rhythm: MACHINE_RHYTHM,
        clock,
      },
      signal,
    );
    pulse.close();
    if (end === "over") return;
    one.hangs = true;
    log.warn({ event: "machine.hangs", machine: key }, "a machine does not answer and is recreated");
    onChange();
  }

  return {
    localApi,
    node: (key) => followed.get(key)?.node ?? null,
    containerId: (key) => followed.get(key)?.containerId ?? null,
    targetId: (key) => followed.get(key)?.targetId ?? null,
    inside: (key) => followed.get(key)?.inside ?? null,
    visited(key) {
      const one = followed.get(key);
      if (!one?.inside || one.inside.stale) return;
      if (clock.monotonic() - one.inside.lookedAt < VISITS_APART_MS) return;
      one.inside = { ...one.inside, stale: true };
      onChange();
    },
    found(containerId, listening) {
      const one = [...followed.values()].find((other) => other.containerId === containerId);
      if (!one?.inside || shapeOf(one.inside.listening) === shapeOf(listening)) return;
      one.inside = { ...one.inside, listening };
      onChange();
    },
    saw(key, inside) {
      const one = followed.get(key);
      if (!one) return;
      const now = clock.monotonic();
      const first = { ...NOTHING_SEEN, lookAgainAt: now };
      one.inside = { ...first, ...one.inside, ...inside, stale: false };
      onChange();
      if (inside.lookAgainAt !== undefined) void wake(one.inside, one).catch(() => undefined);
    },
    async lookAgain(key, ms) {
      const one = followed.get(key);
      if (!one?.inside) return null;
      one.inside = { ...one.inside, stale: true };
      onChange();
      const hasLooked = async () => await Promise.resolve(!followed.get(key)?.inside?.stale);
      await until(hasLooked, ms, { clock, everyMs: LOOK_POLL_MS });
      const inside = followed.get(key)?.inside;
      return inside && !inside.stale ? inside.listening : null;
    },
    observe(containers) {
      const running = new Map(
        containers.filter(({ run }) => run === "running").map((one) => [one.key, one] as const),
      );
      for (const [key, one] of followed) {
        if (running.get(key)?.containerId === one.containerId) continue;
        unfollow(key, one);
      }
      for (const [key, container] of running) {
        if (!followed.has(key)) followed.set(key, follow(container));
      }
      return containers.map((container): ObservedMachine => {
        const one = container.run === "running" ? followed.get(container.key) : undefined;
        return {
          ...container,
          node: one?.node.state() ?? { state: "starting", waitsFor: "tailscaled" },
          details: one?.node.details() ?? NO_DETAILS,
          inside: one?.inside ?? null,
          hangs: one?.hangs ?? false,
        };
      });
    },
    close() {
      for (const [key, one] of followed) unfollow(key, one);
    },
  };
}

/** Clients' sockets come and go, so ignore those that no panel shows. */
function shapeOf(listening: readonly Listener[] | null): string {
  return JSON.stringify(listening && shownListeners(listening));
}

const LOOK_POLL_MS = 20;
/** Minimum interval between a look and the next one that a visitor causes. Milliseconds. */
const VISITS_APART_MS = 60_000;
/** Timers may fire this much early. Milliseconds. */
const TIMER_MS = 5;

const NO_DETAILS: NodeDetails = {
  version: null,
  health: [],
  deviceId: null,
  hostname: null,
  certDomains: [],
  capabilities: new Set(),
};
