import type { Call, Host } from "./host.ts";

/** The panel's first call. */
export const FIRST_CALL = { method: "GET", path: "/snapshot", limitMs: 10_000 } as const satisfies Call;

/** Makes the first call at once. The first matching call later receives that answer. */
export function withHeadStart(host: Host): Host {
  let early: Promise<unknown> | null = host.call(FIRST_CALL);
  // The caller that takes this answer handles a failure. Until then, suppress the unhandled rejection.
  early.catch(() => undefined);
  return {
    ...host,
    call(call) {
      if (early === null || call.method !== FIRST_CALL.method || call.path !== FIRST_CALL.path)
        return host.call(call);
      const answer = early;
      early = null;
      return answer;
    },
  };
}
