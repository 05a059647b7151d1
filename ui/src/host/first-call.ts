import type { Connection } from "./connection.ts";
import type { Call } from "./host.ts";

export const FIRST_CALL = { method: "GET", path: "/snapshot", limitMs: 10_000 } as const satisfies Call;

/** Makes the panel's first call. The answer is neither unwrapped nor parsed. */
export function makeFirstCall(connection: Connection): Promise<unknown> {
  const answer = connection.send(FIRST_CALL);
  // The caller that takes this answer handles a failure. Until then, suppress the unhandled rejection.
  answer.catch(() => undefined);
  return answer;
}
