import { findClient, send } from "./desktop-client.ts";
import type { Call } from "./host.ts";

// The page loads this file first, and the call goes out before anything else has loaded. So it imports no library.

export const FIRST_CALL = { method: "GET", path: "/snapshot", limitMs: 10_000 } as const satisfies Call;

/** Makes the panel's first call. The answer is neither unwrapped nor parsed. */
export function makeFirstCall(): Promise<unknown> {
  const answer = send(findClient(), FIRST_CALL);
  // The caller that takes this answer handles a failure. Until then, suppress the unhandled rejection.
  answer.catch(() => undefined);
  return answer;
}
