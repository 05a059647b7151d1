import type { ContainerFacts, NetworkPlace } from "./facts.ts";

/** What decides which of a container's networks a share goes by, beside which of them the backend has joined. */
export interface Preferences {
  /** The network that the user wants, by name; null for any. One that the container is not on counts for nothing. */
  chosen: string | null;
  /** Addresses that the share's rules lead to now. */
  inUse: ReadonlySet<string>;
  /** Networks whose join failed the last time, by ID, with when they are to be tried again, in milliseconds since the epoch. */
  failedJoins: ReadonlyMap<string, number>;
  /** Networks, by ID, on which the container gave no answer. */
  silent: ReadonlySet<string>;
}

export const NO_PREFERENCES: Preferences = {
  chosen: null,
  inUse: new Set(),
  failedJoins: new Map(),
  silent: new Set(),
};

/**
 * Picks the network that a container is reached on; null when it has none with an address.
 * - The user's choice comes before everything else.
 * - The one in use stays while the container has that address there and the backend is in it, whatever else is joined.
 * - Else one that is joined already, else the first by name.
 * - One where the container gave no answer comes after those that are still to be tried.
 * - One that could not be joined comes last. When none could be, they take turns by when each may be tried again.
 */
export function chooseNetwork(
  places: readonly NetworkPlace[],
  joined: ReadonlySet<string>,
  { chosen, inUse, failedJoins, silent }: Preferences,
): NetworkPlace | null {
  const usable = usablePlaces(places);
  const wanted = usable.find(({ networkName }) => networkName === chosen);
  if (wanted !== undefined) return wanted;
  const rank = ({ networkId, address }: NetworkPlace): number => {
    const failed = failedJoins.has(networkId) && !joined.has(networkId);
    const usual = !joined.has(networkId) ? 2 : inUse.has(address) ? 0 : 1;
    return (silent.has(networkId) ? 3 : 0) + (failed ? 6 : usual);
  };
  const byTurn = (a: NetworkPlace, b: NetworkPlace) =>
    rank(a) - rank(b) || (failedJoins.get(a.networkId) ?? 0) - (failedJoins.get(b.networkId) ?? 0);
  return usable.toSorted(byTurn)[0] ?? null;
}

/** Those on which a container has an address. */
export function usablePlaces(places: readonly NetworkPlace[]): NetworkPlace[] {
  return places.filter(({ networkId, address }) => networkId !== "" && address !== "");
}

/** One start of a container, on one network. */
export function silenceKey(container: ContainerFacts, networkId: string): string {
  return `${lifeKey(container)} ${networkId}`;
}

/** One start of a container, as far as the engine tells one from another. */
export function lifeKey({ id, life }: ContainerFacts): string {
  return `${id} ${life ?? ""}`;
}
