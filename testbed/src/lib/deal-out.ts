/** An item with a weight. */
export interface Weighed {
  readonly name: string;
  readonly weight: number;
}

/** Distributes names over `piles` of about the same weight, the heaviest first. Deterministic for the same names. */
export function dealOut(things: readonly Weighed[], piles: number): readonly (readonly string[])[] {
  const dealt = Array.from({ length: piles }, () => ({ names: [] as string[], weight: 0 }));
  const heaviestFirst = things.toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
  for (const { name, weight } of heaviestFirst) {
    const lightest = dealt.reduce((least, one) => (one.weight < least.weight ? one : least));
    lightest.names.push(name);
    lightest.weight += weight;
  }
  return dealt.map(({ names }) => names);
}
