export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** The smallest value that is not below at least `share` (0 to 1) of the sorted values. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function middle(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** NaN throughout when there are no values. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    min: quantile(sorted, 0),
    median: middle(sorted),
    p95: quantile(sorted, 0.95),
    max: quantile(sorted, 1),
  };
}

/** The ratio of value to `base` in each round. Both lists hold one value per round. */
export function pairedRatios(values: readonly number[], base: readonly number[]): readonly number[] {
  if (values.length !== base.length) throw new RangeError("every round has to have a value of both");
  return values.map((value, round) => value / (base[round] ?? Number.NaN));
}

/** Rotates the list by `by` places, so that over the rounds every element comes first and last. */
export function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const start = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
