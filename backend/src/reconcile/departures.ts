import { type DataPlane, type Flows, type Forward, sameForward } from "../dataplane/data-plane.ts";
import { lenders } from "../events/concern.ts";
import type { Ends } from "../events/ends.ts";
import type { Clock } from "../lib/clock.ts";
import type { Observed } from "./observe.ts";
import { departing, type Step } from "./plan.ts";
import { type ResolvedShare, wantedForwards } from "./resolve.ts";

/**
 * Leaves the networks of ending containers in parallel to the loop's pass. `compose down` removes a network 50 to 100 ms after its
 * last container has ended and fails while the backend is in it, so this waits for no list and no other step.
 */
export interface Departures {
  /** Call when a container ended or was asked to stop. Looks for networks to leave, and polls while a stopping container serves a visitor. */
  begin(signal: AbortSignal): void;
  /** Resolves when the current look has ended; null for none. Leaves may still be under way. */
  looked(): Promise<void> | null;
}

export interface DeparturesDependencies {
  dataPlane: Pick<DataPlane, "mode" | "flows">;
  ends: Ends;
  resolved: () => readonly ResolvedShare[];
  observed: () => Observed;
  /** Removes all other forwards; returns whether that succeeded. */
  withdraw: (wanted: readonly Forward[], signal: AbortSignal) => Promise<boolean>;
  leave: (step: Extract<Step, { kind: "leave" }>, signal: AbortSignal) => void;
  /** Called after each look. */
  onLooked: () => void;
  clock: Clock;
}

/** Ignore visitors without a packet for this long: browsers keep idle connections open. Seconds. */
const QUIET_SECONDS = 2;
/** Interval between looks at a stopping container's visitors: most containers end within the first second. Milliseconds. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 250;

export function createDepartures(dependencies: DeparturesDependencies): Departures {
  const { dataPlane, ends, resolved, observed, withdraw, leave, onLooked, clock } = dependencies;
  let running = false;
  let look: Promise<void> | null = null;
  let asked = false;
  let hurry: () => void = () => undefined;

  /** Returns whether a stopping container still serves a visitor. */
  async function depart(signal: AbortSignal): Promise<boolean> {
    const mayYield = stoppingNetworks(resolved(), observed(), ends);
    // If the kernel can't list visitors, assume that there are some.
    const flows = mayYield.some(({ killed }) => !killed)
      ? await dataPlane.flows(signal).catch(() => null)
      : [];
    const idle = mayYield.filter((one) => one.killed || (flows !== null && !isVisited(one.forwards, flows)));
    ends.yieldFor(idle.flatMap(({ stopping }) => stopping));
    const now = { ...observed(), yielded: ends.yielded() };
    const { forwards, leaves } = departing(resolved(), now, dataPlane.mode);
    if (leaves.length > 0 && (await withdraw(forwards, signal)))
      for (const step of leaves) leave(step, signal);
    return idle.length < mayYield.length;
  }

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
      const isNews = asked;
      const departed = departAll(signal);
      look = departed.then(() => undefined);
      busy = await departed;
      look = null;
      if (isNews) onLooked();
      if (!busy) break;
      const early = new AbortController();
      hurry = () => early.abort();
      await clock.sleep(pauseMs, AbortSignal.any([signal, early.signal])).catch(() => undefined);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5);
    }
    // Reset in the same turn as the last check of `asked`.
    running = false;
  }

  return {
    begin(signal) {
      asked = true;
      hurry();
      if (running) return;
      running = true;
      run(signal).catch(() => undefined);
    },
    looked: () => look,
  };
}

/** A joined network whose containers were all asked to stop. */
interface StoppingNetwork {
  readonly networkId: string;
  readonly stopping: readonly string[];
  readonly forwards: readonly Forward[];
  /** All of its containers have stopped or were killed. */
  readonly killed: boolean;
}

/** Pure except for the clock. */
function stoppingNetworks(
  resolved: readonly ResolvedShare[],
  { self, byId, yielded }: Pick<Observed, "self" | "byId" | "yielded">,
  ends: Pick<Ends, "isStopping" | "isKilled">,
): StoppingNetwork[] {
  const users = resolved.flatMap(({ share, found, target }) =>
    found !== null && target?.kind === "network" && target.joined
      ? [{ networkId: target.networkId, ids: lenders(found.container, byId), one: { share, found, target } }]
      : [],
  );
  return (self?.joined ?? []).flatMap(({ networkId }) => {
    const own = users.filter((user) => user.networkId === networkId);
    const present = own.filter(({ ids }) => [...ids].every((id) => !yielded.has(id)));
    const stopping = present.map(({ ids }) => [...ids].filter((id) => ends.isStopping(id)));
    if (present.length === 0 || stopping.some((ids) => ids.length === 0)) return [];
    return [
      {
        networkId,
        stopping: stopping.flat(),
        forwards: present.flatMap(({ one }) => wantedForwards(one, "kernel")),
        killed: stopping.every((ids) => ids.some((id) => ends.isKilled(id))),
      },
    ];
  });
}

/** Whether one of these forwards carries recent traffic. */
function isVisited(forwards: readonly Forward[], flows: readonly Flows[]): boolean {
  return flows.some(
    (flow) => flow.quietSeconds <= QUIET_SECONDS && forwards.some((one) => sameForward(one, flow)),
  );
}
