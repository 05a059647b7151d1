/** Remembers networks that were left, so that a stale list doesn't bring them back. */
export interface LeftNetworks {
  /** Starts a new moment and returns its number. */
  moment(): number;
  note(networkId: string): void;
  /** Returns whether a network was left after that moment started. */
  since(networkId: string, moment: number): boolean;
}

export function createLeftNetworks(): LeftNetworks {
  const lastMoments = new Map<string, number>();
  let now = 0;
  return {
    moment: () => {
      now += 1;
      return now;
    },
    note: (networkId) => void lastMoments.set(networkId, now),
    since: (networkId, moment) => (lastMoments.get(networkId) ?? 0) >= moment,
  };
}
