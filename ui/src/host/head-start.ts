import type { Call, Host } from "./host.ts";

/** What the panel asks for first of all. */
export const FIRST_CALL = { method: "GET", path: "/snapshot", limitMs: 10_000 } as const satisfies Call;

/** Makes the first call at once; whoever asks the same later, once, gets that answer. */
export function withHeadStart(host: Host): Host {
  let early: Promise<unknown> | null = host.call(FIRST_CALL);
  // Whoever takes it up hears of a failure; until then it is nobody's.
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
