/** Networks that were left, so that a list which the engine made before does not bring them back. */
export interface Left {
  /** Begins a new moment; answers its number. */
  moment(): number;
  note(networkId: string): void;
  /** Whether a network was left after that moment had begun. */
  since(networkId: string, moment: number): boolean;
}

export function createLeft(): Left {
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
