import type { Fault } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Clock } from "../lib/clock.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { type Heard, isUnsure } from "../workloads/likely-port.ts";
import type { Self } from "../workloads/targets.ts";
import { currentContainers, type Holder } from "../workloads/workloads.ts";

export interface HearDependencies {
  observed: () => {
    containers: readonly ContainerFacts[];
    self: Self | null;
  };
  shares: () => readonly Holder[];
  /** Listeners in a workload's container, found without connecting to it. */
  listening: (
    workload: string,
    ms: number,
  ) => Promise<{ ports: readonly ContainerPort[]; fault: Fault | null }>;
  speaksHttp: (address: string, port: number, ms: number) => Promise<boolean>;
  clock: Clock;
}

/** Number of ports to probe for HTTP. */
const MOST_ASKED = 8;
/** Deadline per port. Milliseconds. */
const ASK_MS = 250;

/**
 * Finds a container's listening ports and those that answer HTTP, for a click that names no port. Looks only when the result could
 * change the choice, and probes HTTP only when the backend is already on the container's network. Resolves with null after `ms` and
 * never rejects.
 */
export function createHearing({ observed, shares, listening, speaksHttp, clock }: HearDependencies) {
  return async (workload: string, ms: number): Promise<Heard | null> => {
    const deadline = clock.monotonic() + ms;
    const { containers, self } = observed();
    const container = currentContainers(containers, shares()).get(workload)?.container;
    if (container?.run !== "running" || !isUnsure(container)) return null;
    const answer = await listening(workload, ms).catch(() => null);
    if (answer === null || answer.fault !== null) return null;
    const address = joinedAddress(container, self);
    const remainingMs = Math.min(ASK_MS, deadline - clock.monotonic());
    if (address === null || remainingMs <= 0) return { listening: answer.ports, http: [] };
    const asked = answer.ports.filter(isTcp).slice(0, MOST_ASKED);
    const http = await Promise.all(
      asked.map(async ({ port }) => ((await speaksHttp(address, port, remainingMs)) ? [port] : [])),
    );
    return { listening: answer.ports, http: http.flat() };
  };
}

/** The container's address on a network that the backend has already joined. */
function joinedAddress({ networkMode, networks }: ContainerFacts, self: Self | null): string | null {
  if (networkMode.kind !== "own") return null;
  const isJoined = (id: string) => self?.joined.some(({ networkId }) => networkId === id);
  return networks.find(({ networkId, address }) => address !== "" && isJoined(networkId))?.address ?? null;
}

function isTcp({ protocol }: ContainerPort): boolean {
  return protocol === "tcp";
}
