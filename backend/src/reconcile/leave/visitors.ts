import { type DataPlane, type Flows, type Forward, sameForward } from "../../dataplane/data-plane.ts";
import type { Clock } from "../../lib/clock.ts";
import { pause } from "../../lib/timing.ts";

/** A network that the backend is about to leave. */
export interface VisitedNetwork {
  /** The backend's own address on it. */
  readonly address: string;
  readonly forwards: readonly Forward[];
}

/** Finds networks whose containers have clients, while the user's `compose down` is about to remove the networks. */
export interface VisitorsLook {
  /**
   * Returns the networks without clients; none if `early` aborts before that is known. Networks about which nothing is known count as visited.
   * Never rejects.
   */
  unvisited<Network extends VisitedNetwork>(
    networks: readonly Network[],
    signal: AbortSignal,
    early: AbortSignal,
  ): Promise<readonly Network[]>;
}

/** Ignore clients without a packet for this long: browsers keep idle connections open. Seconds. */
const IDLE_SECONDS = 2;
/**
 * If the kernel can't list its flows at once, networks without a packet for this long count as unvisited. At worst, a container that is
 * being stopped loses a client that pauses. No program is started to list them: that takes 20 to 100 ms while containers are stopping, stops
 * this process for half of that, and so delays the leave of a container that ends meanwhile. Milliseconds.
 */
const PASSING_MS = 20;
/** `compose down` stops all containers at once: their looks share one list. Milliseconds. */
const LIST_AGE_MS = 20;
/** A list that took too long will take too long again. Milliseconds. */
const NO_LIST_AGE_MS = 1_000;

export function createVisitorsLook(
  dataPlane: Pick<DataPlane, "flowsAtOnce" | "packets">,
  clock: Clock,
): VisitorsLook {
  let last: { readonly until: number; readonly flows: readonly Flows[] | null } | null = null;

  function atOnce(): readonly Flows[] | null {
    if (last !== null && clock.monotonic() < last.until) return last.flows;
    const flows = dataPlane.flowsAtOnce();
    last = { until: clock.monotonic() + (flows === null ? NO_LIST_AGE_MS : LIST_AGE_MS), flows };
    return flows;
  }

  return {
    async unvisited(networks, signal, early) {
      const either = AbortSignal.any([signal, early]);
      const startedAt = clock.monotonic();
      const before = networks.map(({ address }) => dataPlane.packets(address));
      const flows = atOnce();
      if (flows !== null) return withoutVisitors(networks, flows);
      await pause(startedAt + PASSING_MS - clock.monotonic(), clock, either);
      if (either.aborted) return [];
      return networks.filter(
        ({ address }, index) => before[index] !== null && before[index] === dataPlane.packets(address),
      );
    },
  };
}

function withoutVisitors<Network extends VisitedNetwork>(
  networks: readonly Network[],
  flows: readonly Flows[],
): readonly Network[] {
  return networks.filter(({ forwards }) => !isVisited(forwards, flows));
}

/** Returns whether one of these forwards carries recent traffic. */
function isVisited(forwards: readonly Forward[], flows: readonly Flows[]): boolean {
  return flows.some(
    (flow) => flow.idleSeconds <= IDLE_SECONDS && forwards.some((forward) => sameForward(forward, flow)),
  );
}
