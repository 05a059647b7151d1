import { InspectedContainer } from "./parse.ts";
import type { EngineTransport } from "./transport.ts";

/** Inspects a container; null when it is gone. */
export async function inspect(
  { call, reach }: EngineTransport,
  id: string,
  signal?: AbortSignal,
): Promise<InspectedContainer | null> {
  const answer = await call(
    { method: "GET", path: `/containers/${encodeURIComponent(id)}/json`, ...(signal ? { signal } : {}) },
    [404],
  );
  return answer.status === 404
    ? null
    : await reach(async () => await InspectedContainer.parseAsync(JSON.parse(answer.body)));
}
