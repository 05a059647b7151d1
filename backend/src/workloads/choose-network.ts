import type { ContainerFacts, NetworkAttachment } from "./facts.ts";

/** Inputs for choosing a share's network, besides the networks that the backend has joined. */
export interface Preferences {
  /** The user's choice by name; null for any. Ignored when the container isn't on it. */
  chosen: string | null;
  /** Current targets of the share's rules. */
  inUse: ReadonlySet<string>;
  /** Networks whose last join failed, by ID, with the time of the next retry, by the monotonic clock. */
  failedJoins: ReadonlyMap<string, number>;
  /** IDs of networks where the container didn't answer. */
  silent: ReadonlySet<string>;
}

export const NO_PREFERENCES: Preferences = {
  chosen: null,
  inUse: new Set(),
  failedJoins: new Map(),
  silent: new Set(),
};

/**
 * Picks the network for reaching a container; null if the container has none with an address.
 * - The user's choice comes before everything else.
 * - The network in use stays while the container has that address there and the backend is in it, whatever else is joined.
 * - Otherwise a joined network, otherwise the first by name.
 * - Networks where the container didn't answer come after the untried ones.
 * - Networks that failed to join come last, in the order of their next retry.
 */
export function chooseNetwork(
  attachments: readonly NetworkAttachment[],
  joined: ReadonlySet<string>,
  { chosen, inUse, failedJoins, silent }: Preferences,
): NetworkAttachment | null {
  const usable = usableAttachments(attachments);
  const wanted = usable.find(({ networkName }) => networkName === chosen);
  if (wanted !== undefined) return wanted;
  const rank = ({ networkId, address }: NetworkAttachment): number => {
    const failed = failedJoins.has(networkId) && !joined.has(networkId);
    const usual = !joined.has(networkId) ? 2 : inUse.has(address) ? 0 : 1;
    return (silent.has(networkId) ? 3 : 0) + (failed ? 6 : usual);
  };
  const byTurn = (a: NetworkAttachment, b: NetworkAttachment) =>
    rank(a) - rank(b) || (failedJoins.get(a.networkId) ?? 0) - (failedJoins.get(b.networkId) ?? 0);
  return usable.toSorted(byTurn)[0] ?? null;
}

/** The networks on which a container has an address. */
export function usableAttachments(attachments: readonly NetworkAttachment[]): NetworkAttachment[] {
  return attachments.filter(({ networkId, address }) => networkId !== "" && address !== "");
}

/** Identifies one start of a container on one network. */
export function silenceKey(container: ContainerFacts, networkId: string): string {
  return `${lifeKey(container)} ${networkId}`;
}

/** Identifies one start of a container, as far as the engine's data allows. */
export function lifeKey({ id, life }: ContainerFacts): string {
  return `${id} ${life ?? ""}`;
}
