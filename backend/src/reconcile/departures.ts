import { type DataPlane, type Flows, type Forward, sameForward } from "../dataplane/data-plane.ts";
import { lenders } from "../events/concern.ts";
import type { Ends } from "../events/ends.ts";
import type { Clock } from "../lib/clock.ts";
import type { Observed } from "./observe.ts";
import { departing, type Step } from "./plan.ts";
import { type ResolvedShare, wantedForwards } from "./resolve.ts";

/**
 * Leaves networks whose containers end, beside the loop's pass. `compose down` removes a network 50 to 100 ms after its last
 * container has ended and fails while the backend is in it, so this waits for no list and for no other step.
 */
export interface Departures {
  /** A container has ended, or was asked to stop. Looks at what can be left, and again while a visitor is served by one that stops. */
  begin(signal: AbortSignal): void;
  /** Resolves when a look that is under way has ended; null for none. Networks may still be being left then. */
  looked(): Promise<void> | null;
}

export interface DeparturesDependencies {
  dataPlane: Pick<DataPlane, "mode" | "flows">;
  ends: Ends;
  resolved: () => readonly ResolvedShare[];
  observed: () => Observed;
  /** Takes away all other forwards; answers whether that was done. */
  withdraw: (wanted: readonly Forward[], signal: AbortSignal) => Promise<boolean>;
  leave: (step: Extract<Step, { kind: "leave" }>, signal: AbortSignal) => void;
  /** It has been looked at what can be left. */
  onLooked: () => void;
  clock: Clock;
}

/** A visitor whose last packet is older is none: browsers keep connections that they do not use. Seconds. */
const QUIET_SECONDS = 2;
/** Between two looks at the visitors of a container that stops: most containers end within the first second. Milliseconds. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 250;

export function createDepartures(dependencies: DeparturesDependencies): Departures {
  const { dataPlane, ends, resolved, observed, withdraw, leave, onLooked, clock } = dependencies;
  let running = false;
  let look: Promise<void> | null = null;
  let asked = false;
  let hurry: () => void = () => undefined;

  /** Answers whether somebody is still served by a container that stops. */
  async function depart(signal: AbortSignal): Promise<boolean> {
    const mayYield = stoppingNetworks(resolved(), observed(), ends);
    // Where the kernel does not tell who is served, somebody may be.
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

  /** As long as there is news. Never rejects: what fails here is planned by the next pass as well. */
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
    // In the same turn as the last question whether to look again.
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

/** A joined network that only containers use which were asked to stop. */
interface StoppingNetwork {
  readonly networkId: string;
  readonly stopping: readonly string[];
  readonly forwards: readonly Forward[];
  /** None of them runs any more, whatever events and list say. */
  readonly killed: boolean;
}

/** Pure, but for the time. */
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

/** Whether data goes by way of one of these forwards. */
function isVisited(forwards: readonly Forward[], flows: readonly Flows[]): boolean {
  return flows.some(
    (flow) => flow.quietSeconds <= QUIET_SECONDS && forwards.some((one) => sameForward(one, flow)),
  );
}
