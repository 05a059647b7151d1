/** Something with what it weighs. */
export interface Weighed {
  readonly name: string;
  readonly weight: number;
}

/** Deals names out into so many piles of about the same weight, the heaviest first. The same names always get the same piles. */
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
