/**
 * Result of a connection attempt. `taken`: a program listens. `refused`: the container or a firewall rejected it. `none`: it timed
 * out or had no route. Null: the attempt failed locally.
 */
export type Answer = "taken" | "refused" | "none" | null;

/** Error codes for a connection refused by a router or firewall, or without a route. */
const NO_WAY: ReadonlySet<string> = new Set([
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "EHOSTDOWN",
  "EACCES",
]);

/** Classifies the system's error code of a failed connection. */
export function answerOf(code: string): Answer {
  if (code === "ECONNREFUSED" || code === "ECONNRESET") return "refused";
  return NO_WAY.has(code) ? "none" : null;
}
