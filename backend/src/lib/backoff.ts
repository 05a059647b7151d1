/** Delay before the next attempt after `failures` failures in a row, in milliseconds: doubles from `first` up to `most`. */
export function backoffDelay(failures: number, { first = 250, most = 15_000 } = {}): number {
  return Math.min(most, first * 2 ** Math.min(30, Math.max(0, failures - 1)));
}
