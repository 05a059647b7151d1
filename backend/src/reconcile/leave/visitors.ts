import { type DataPlane, type Flows, type Forward, sameForward } from "../../dataplane/data-plane.ts";
import type { Clock } from "../../lib/clock.ts";
import { pause, unlessAborted } from "../../lib/timing.ts";

/** A network that the backend is about to leave. */
export interface VisitedNetwork {
  /** The backend's own address on it. */
  readonly address: string;
  readonly forwards: readonly Forward[];
}

/** Finds networks whose containers have clients, while the user's `compose down` is about to remove the networks. */
export interface VisitorsLook {
  /** Returns the networks without clients; none if `early` aborts before that is known. Never rejects. */
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
 * being stopped loses a client that pauses. Starting `conntrack` instead takes 20 to 100 ms while containers are stopping, and starting a
 * program stops this one for half of that. Milliseconds.
 */
const PASSING_MS = 20;
/** `compose down` stops all containers at once: their looks share one list. Milliseconds. */
const LIST_AGE_MS = 20;

export function createVisitorsLook(
  dataPlane: Pick<DataPlane, "flows" | "flowsAtOnce" | "packets">,
  clock: Clock,
): VisitorsLook {
  /** Several looks share one listing. */
  let listing: Promise<readonly Flows[] | null> | null = null;
  let last: { readonly at: number; readonly flows: readonly Flows[] | null } | null = null;

  function atOnce(): readonly Flows[] | null {
    if (last === null || clock.monotonic() - last.at >= LIST_AGE_MS) {
      const flows = dataPlane.flowsAtOnce();
      last = { at: clock.monotonic(), flows };
    }
    return last.flows;
  }

  async function listed(signal: AbortSignal): Promise<readonly Flows[] | null> {
    listing ??= dataPlane
      .flows(signal)
      .catch(() => null)
      .finally(() => {
        listing = null;
      });
    return await listing;
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
      const quiet = networks.filter(
        ({ address }, index) => before[index] !== null && before[index] === dataPlane.packets(address),
      );
      if (quiet.length > 0) return quiet;
      return await unlessAborted(
        listed(signal).then((all) => withoutVisitors(networks, all)),
        either,
        [],
      );
    },
  };
}

/** `flows`: null when nobody knows, which counts as visited. */
function withoutVisitors<Network extends VisitedNetwork>(
  networks: readonly Network[],
  flows: readonly Flows[] | null,
): readonly Network[] {
  return networks.filter(({ forwards }) => flows !== null && !isVisited(forwards, flows));
}

/** Returns whether one of these forwards carries recent traffic. */
function isVisited(forwards: readonly Forward[], flows: readonly Flows[]): boolean {
  return flows.some(
    (flow) => flow.idleSeconds <= IDLE_SECONDS && forwards.some((forward) => sameForward(forward, flow)),
  );
}
