import type { Fault } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/model";
import type { ContainerFacts } from "../docker/facts.ts";
import type { Self } from "../docker/targets.ts";
import { currentContainers, type Holder } from "../docker/workloads.ts";
import type { Clock } from "../lib/clock.ts";
import { type Heard, isUnsure } from "../workloads/likely-port.ts";

export interface HearDependencies {
  observed: () => {
    containers: readonly ContainerFacts[];
    self: Self | null;
  };
  shares: () => readonly Holder[];
  /** What a workload's container listens on, found without a connection to it. */
  listening: (
    workload: string,
    ms: number,
  ) => Promise<{ ports: readonly ContainerPort[]; fault: Fault | null }>;
  speaksHttp: (address: string, port: number, ms: number) => Promise<boolean>;
  clock: Clock;
}

/** More are no choice of one port. */
const MOST_ASKED = 8;
/** How long one port is waited for. Milliseconds. */
const ASK_MS = 250;

/**
 * Finds out, at a click that names no port, which ports of a container take connections and which of them answer HTTP. Asks only where
 * that could change the choice, and for HTTP only where the backend is on the container's network already. Resolves with null after `ms`,
 * and never rejects.
 */
export function createHearing({ observed, shares, listening, speaksHttp, clock }: HearDependencies) {
  return async (workload: string, ms: number): Promise<Heard | null> => {
    const deadline = clock.now() + ms;
    const { containers, self } = observed();
    const container = currentContainers(containers, shares()).get(workload)?.container;
    if (container?.run !== "running" || !isUnsure(container)) return null;
    const answer = await listening(workload, ms).catch(() => null);
    if (answer === null || answer.fault !== null) return null;
    const address = joinedAddress(container, self);
    const left = Math.min(ASK_MS, deadline - clock.now());
    if (address === null || left <= 0) return { listening: answer.ports, http: [] };
    const asked = answer.ports.filter(isTcp).slice(0, MOST_ASKED);
    const http = await Promise.all(
      asked.map(async ({ port }) => ((await speaksHttp(address, port, left)) ? [port] : [])),
    );
    return { listening: answer.ports, http: http.flat() };
  };
}

/** Where the backend reaches a container without joining a network for it. */
function joinedAddress({ networkMode, networks }: ContainerFacts, self: Self | null): string | null {
  if (networkMode.kind !== "own") return null;
  const isJoined = (id: string) => self?.joined.some(({ networkId }) => networkId === id);
  return networks.find(({ networkId, address }) => address !== "" && isJoined(networkId))?.address ?? null;
}

function isTcp({ protocol }: ContainerPort): boolean {
  return protocol === "tcp";
}
