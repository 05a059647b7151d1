/**
 * Converts file names for Vitest, which looks for them in each spec's path. `tests/share.spec` leaves out the spec's folder and becomes
 * `/share.spec`.
 */
export function specFilters(args: readonly string[]): readonly string[] {
  return args.map((arg) => arg.replace(/^(?:testbed\/)?tests(?=\/[^/]+$)/, ""));
}
