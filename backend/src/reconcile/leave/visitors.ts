import { type DataPlane, type Flows, type Forward, sameForward } from "../../dataplane/data-plane.ts";
import type { Clock } from "../../lib/clock.ts";
import { unlessAborted, within } from "../../lib/timing.ts";

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
/** How long to wait for the list; the kernel's own takes less. Milliseconds. */
const LIST_MS = 5;
/**
 * If the list takes longer, because `conntrack` makes it, networks without a packet for this long count as unvisited. At worst, a
 * container that is being stopped loses a client that pauses. Milliseconds.
 */
const PASSING_MS = 20;

export function createVisitorsLook(
  dataPlane: Pick<DataPlane, "flows" | "packets">,
  clock: Clock,
): VisitorsLook {
  /** Several looks share one listing. */
  let listing: Promise<readonly Flows[] | null> | null = null;

  async function flows(signal: AbortSignal): Promise<readonly Flows[] | null> {
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
      // If the kernel can't list clients, assume that there are some.
      const listed = flows(signal).then((all) =>
        networks.filter(({ forwards }) => all !== null && !isVisited(forwards, all)),
      );
      const known = unlessAborted(listed, AbortSignal.any([signal, early]), []);
      const soon = await within(known, LIST_MS, { clock, otherwise: null });
      if (soon !== null) return soon;
      const before = new Map(networks.map((network) => [network, dataPlane.packets(network.address)]));
      const then = await within(known, PASSING_MS, { clock, otherwise: null });
      if (then !== null) return then;
      const quiet = networks.filter((network) => {
        const packets = before.get(network) ?? null;
        return packets !== null && packets === dataPlane.packets(network.address);
      });
      return quiet.length > 0 ? quiet : await known;
    },
  };
}

/** Returns whether one of these forwards carries recent traffic. */
function isVisited(forwards: readonly Forward[], flows: readonly Flows[]): boolean {
  return flows.some(
    (flow) => flow.idleSeconds <= IDLE_SECONDS && forwards.some((forward) => sameForward(forward, flow)),
  );
}
