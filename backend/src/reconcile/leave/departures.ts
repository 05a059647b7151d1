import type { DataPlane } from "../../dataplane/data-plane.ts";
import { lenders } from "../../events/concern.ts";
import type { Ends } from "../../events/ends.ts";
import type { Clock } from "../../lib/clock.ts";
import { pause } from "../../lib/timing.ts";
import type { Observed } from "../look/observe.ts";
import { departing } from "../plan/plan.ts";
import { type ResolvedShare, wantedForwards } from "../plan/resolve.ts";
import type { Step } from "../steps/step.ts";
import { createVisitorsLook, type VisitedNetwork } from "./visitors.ts";

/**
 * Leaves the networks of ending containers in parallel to the loop's pass. `compose down` removes a network 50 to 100 ms after its
 * last container has ended and fails while the backend is in it, so this waits for no list and no other step.
 */
export interface Departures {
  /**
   * Call this when a container has ended or was asked to stop. Looks for networks to leave, and polls while a stopping container serves a
   * client.
   */
  begin(signal: AbortSignal, event: "ended" | "stopping"): void;
  /** Resolves when the current look has ended; null for none. Leaves may still be in progress. */
  looked(): Promise<void> | null;
  /** Resolves when no network is about to be left or being left. Until then, other work on the engine or in the kernel should wait. */
  still(signal: AbortSignal): Promise<void>;
}

export interface DeparturesDependencies {
  dataPlane: Pick<DataPlane, "mode" | "flowsAtOnce" | "packets">;
  ends: Ends;
  resolved: () => readonly ResolvedShare[];
  observed: () => Observed;
  /** Resolves when the step has ended. */
  leave: (step: Extract<Step, { kind: "leave" }>, signal: AbortSignal) => Promise<void>;
  /** Called when networks have to be left. The next pass withdraws their forwards. */
  onDeparture: () => void;
  clock: Clock;
}

/**
 * Keep still for this long after a stop request: `compose down` stops all containers at once, and the backend leaves with the last.
 * Milliseconds.
 */
const STILL_MS = 250;
/** Interval between looks at a stopping container's clients: most containers end within the first second. Milliseconds. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 250;

export function createDepartures(dependencies: DeparturesDependencies): Departures {
  const { dataPlane, observed, clock } = dependencies;
  let running = false;
  let look: Promise<void> | null = null;
  let asked = false;
  /** Aborts at the next event. */
  let news = new AbortController();
  let lastStopAt = Number.NEGATIVE_INFINITY;
  const { depart, leaving } = createLeaver(dependencies, () => news.signal);

  /** Repeats while new events arrive. Never rejects: the next pass retries failures. */
  async function departAll(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      asked = false;
      const busy = await depart(signal).catch(() => false);
      if (!asked || signal.aborted) return busy;
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    for (let busy = true; busy && !signal.aborted; ) {
      const departed = departAll(signal);
      look = departed.then(() => undefined);
      busy = await departed;
      look = null;
      if (!busy) break;
      await pause(pauseMs, clock, AbortSignal.any([signal, news.signal]));
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5);
    }
    // Reset in the same turn as the last check of `asked`.
    running = false;
  }

  return {
    begin(signal, event) {
      asked = true;
      if (event === "stopping") lastStopAt = clock.monotonic();
      news.abort();
      news = new AbortController();
      if (running) return;
      running = true;
      run(signal).catch(() => undefined);
    },
    looked: () => look,
    async still(signal) {
      while (!signal.aborted) {
        await Promise.all([look, ...leaving]);
        const mayLeave = dataPlane.mode === "kernel" && isJoinedBeyondHome(observed());
        const leftMs = mayLeave ? lastStopAt + STILL_MS - clock.monotonic() : 0;
        if (leftMs <= 0 && look === null && leaving.size === 0) return;
        await pause(leftMs, clock, signal);
      }
    },
  };
}

/** Looks once for networks to leave, and starts to leave them. */
interface Leaver {
  /** Returns whether a stopping container still serves a client. */
  depart(signal: AbortSignal): Promise<boolean>;
  /** Networks that are being left right now. */
  readonly leaving: ReadonlySet<Promise<void>>;
}

/** `news`: the signal that aborts at the next event, which ends the look at clients. */
function createLeaver(dependencies: DeparturesDependencies, news: () => AbortSignal): Leaver {
  const { dataPlane, ends, resolved, observed, leave, onDeparture, clock } = dependencies;
  const leaving = new Set<Promise<void>>();
  const visitors = createVisitorsLook(dataPlane, clock);

  /** Leaves these networks, and those of containers that have ended. */
  function giveUp(networks: readonly StoppingNetwork[], signal: AbortSignal): void {
    ends.yieldFor(networks.flatMap(({ stopping }) => stopping));
    const now = { ...observed(), yielded: ends.yielded() };
    const leaves = departing(resolved(), now);
    // The kernel's rules forward nothing via a gateway, so they may outlast the network. tailscaled would dial out by any route.
    if (dataPlane.mode === "kernel") for (const step of leaves) track(leave(step, signal));
    if (leaves.length > 0) onDeparture();
  }

  function track(departure: Promise<void>): void {
    leaving.add(departure);
    void departure.finally(() => leaving.delete(departure));
  }

  return {
    leaving,
    async depart(signal) {
      const mayYield = stoppingNetworks(resolved(), observed(), ends);
      giveUp(
        mayYield.filter(({ killed }) => killed),
        signal,
      );
      const alive = mayYield.filter(({ killed }) => !killed);
      if (alive.length === 0) return false;
      const idle = await visitors.unvisited(alive, signal, news());
      giveUp(idle, signal);
      return idle.length < alive.length;
    },
  };
}

function isJoinedBeyondHome({ self }: Pick<Observed, "self">): boolean {
  return self?.joined.some(({ networkId }) => networkId !== self.homeNetworkId) ?? false;
}

/** A joined network whose containers were all asked to stop. */
interface StoppingNetwork extends VisitedNetwork {
  readonly stopping: readonly string[];
  /** All of its containers have stopped or were killed. */
  readonly killed: boolean;
}

/** Pure except for the clock. */
function stoppingNetworks(
  resolved: readonly ResolvedShare[],
  { self, byId, yielded }: Pick<Observed, "self" | "byId" | "yielded">,
  ends: Pick<Ends, "isStopping" | "isKilled">,
): StoppingNetwork[] {
  const users = resolved.flatMap(({ share, found, target, via }) =>
    found !== null && target?.kind === "network" && target.joined
      ? [
          {
            networkId: target.networkId,
            ids: lenders(found.container, byId),
            reached: { share, found, target, via },
          },
        ]
      : [],
  );
  return (self?.joined ?? []).flatMap(({ networkId, address }) => {
    const own = users.filter((user) => user.networkId === networkId);
    const present = own.filter(({ ids }) => [...ids].every((id) => !yielded.has(id)));
    const stopping = present.map(({ ids }) => [...ids].filter((id) => ends.isStopping(id)));
    if (present.length === 0 || stopping.some((ids) => ids.length === 0)) return [];
    return [
      {
        address,
        stopping: stopping.flat(),
        forwards: present.flatMap(({ reached }) => wantedForwards(reached, "kernel")),
        killed: stopping.every((ids) => ids.some((id) => ends.isKilled(id))),
      },
    ];
  });
}
