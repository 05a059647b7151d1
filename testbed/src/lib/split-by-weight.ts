/** An item with a weight. */
export interface Weighed {
  readonly name: string;
  readonly weight: number;
}

/**
 * Distributes names over `piles` of about the same weight, the heaviest first. Those in `onFirst` go to the first pile.
 * Deterministic for the same names.
 */
export function splitByWeight(
  items: readonly Weighed[],
  piles: number,
  onFirst: readonly string[] = [],
): readonly (readonly string[])[] {
  const dealt = Array.from({ length: piles }, () => ({ names: [] as string[], weight: 0 }));
  const bound = ({ name }: Weighed) => (onFirst.includes(name) ? 0 : 1);
  const inOrder = items.toSorted(
    (a, b) => bound(a) - bound(b) || b.weight - a.weight || (a.name < b.name ? -1 : 1),
  );
  for (const item of inOrder) {
    const lightest = dealt.reduce((least, pile) => (pile.weight < least.weight ? pile : least));
    const pile = bound(item) === 0 ? (dealt[0] ?? lightest) : lightest;
    pile.names.push(item.name);
    pile.weight += item.weight;
  }
  return dealt.map(({ names }) => names);
}
