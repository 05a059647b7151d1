import type { NodeState } from "@tailnet-share/contract/node";
import type { Logger } from "pino";
import type { ControlProbe } from "../../control/shared-probe.ts";
import type { Clock } from "../../lib/clock.ts";
import { createTurns } from "../../lib/turns.ts";
import type { Listener } from "../../ports/listening.ts";
import { shownListeners } from "../../ports/places.ts";
import { MACHINE_RHYTHM, watchHeartbeat } from "../../tailscale/heartbeat.ts";
import { createLocalApi, type LocalApi } from "../../tailscale/localapi.ts";
import { createTailnetNode, type TailnetNode } from "../../tailscale/node.ts";
import type { NodeDetails } from "../../tailscale/node-identity.ts";
import { createPulse } from "../../tailscale/pulse.ts";
import type { Notify } from "../../tailscale/types.ts";
import { type MachineContainer, machineSocket } from "../container/container.ts";
import { type MachineInside, NOTHING_SEEN } from "../container/seen-inside.ts";
import { NETFILTER_OFF } from "../device/state-file.ts";
import { type LookTimes, ROUND_MS } from "./look-rhythm.ts";

/** A machine's container with what its tailscaled says. */
export interface ObservedMachine extends MachineContainer {
  node: NodeState;
  details: NodeDetails;
  inside: MachineInside | null;
  /** Its tailscaled has not answered for so long that it is to be made anew. */
  hangs: boolean;
}

/** Follows the tailscaled of every machine that runs. */
export interface MachineWatch {
  /** Begins to follow those that run, and stops following the others. */
  observe(containers: readonly MachineContainer[]): ObservedMachine[];
  /** Null when its container does not run. */
  node(key: string): TailnetNode | null;
  containerId(key: string): string | null;
  /** The container whose network namespace it uses. */
  targetId(key: string): string | null;
  /** The only client of a machine's tailscaled. Every extra client would leave connections that tailscaled never closes. */
  localApi(key: string): LocalApi;
  /** Has the loop look inside again; answers what listens there, or null after `ms` or when the machine does not run. */
  lookAgain(key: string, ms: number): Promise<readonly Listener[] | null>;
  /** What was seen of a machine; null before the first look, or when it does not run. */
  inside(key: string): MachineInside | null;
  /** A visitor has come: what its application listens on may have changed since the last look. */
  visited(key: string): void;
  /** Takes what somebody else has found listening in a container. */
  found(containerId: string, listening: readonly Listener[]): void;
  /** Adds what was seen; what is left out stays. */
  saw(key: string, inside: Partial<MachineInside>): void;
  /** Stops following all. */
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

/** Whoever starts a machine gives up after this time. Milliseconds. */
const FIRST_ANSWER_MS = 15_000;
const FIRST_POLL_MS = 500;
/** The bus reports what a machine has to do; this is for what was missed. Milliseconds. */
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
  /** Whether somebody looks at what is shown of machines. Left out, somebody always does. */
  watched?: () => boolean;
  probeControl: ControlProbe;
  clock: Clock;
  log: Logger;
}): MachineWatch {
  const followed = new Map<string, Followed>();
  const inTurn = createTurns();
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
      // tailscaled would leave its empty chains in the container's namespace for good.
      loginPrefs: { NetfilterMode: NETFILTER_OFF },
      refreshMs: { watched: REFRESH_MS, unwatched: UNWATCHED_REFRESH_MS },
      watched,
      probeControl,
      inTurn: async (work) => await inTurn("nudge", work),
      // The node's own watch tells of a control server that hangs.
      suspicious: false,
      onNotify: (notify) => onNotify(key, notify),
    });
    // The container runs; whether its tailscaled answers yet is told by the bus, which is tried again until it does.
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

  /** No event reports that the next look is due: the one that somebody who watches waits for, and the usual one. */
  async function wake({ lookedAt, lookAgainAt }: LookTimes, one: Followed): Promise<void> {
    one.forgetNextLook();
    const obsolete = new AbortController();
    one.forgetNextLook = () => obsolete.abort();
    const until = AbortSignal.any([one.stopping, obsolete.signal]);
    const times = [...(watched() ? [lookedAt + ROUND_MS] : []), lookAgainAt].toSorted((x, y) => x - y);
    for (const time of times) {
      await clock.sleep(Math.max(0, time - clock.monotonic()) + TIMER_MS, until);
      onChange();
    }
  }

  /** A tailscaled that hangs tells nobody by its bus. */
  async function listen(key: string, one: Followed, signal: AbortSignal): Promise<void> {
    const socket = machineSocket(stateDirectory, key);
    const deadline = clock.monotonic() + FIRST_ANSWER_MS;
    // One that is being started is silent for a while, and whoever starts it waits for it.
    while (one.node.details().version === null && clock.monotonic() < deadline)
      await clock.sleep(FIRST_POLL_MS, signal);
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
      const deadline = clock.monotonic() + ms;
      while (followed.get(key)?.inside?.stale && clock.monotonic() < deadline)
        await clock.sleep(LOOK_POLL_MS);
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

/** Clients' sockets come and go, so those that no panel shows don't count. */
function shapeOf(listening: readonly Listener[] | null): string {
  return JSON.stringify(listening && shownListeners(listening));
}

const LOOK_POLL_MS = 20;
/** The least time between a look and the next one that a visitor causes. Milliseconds. */
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
