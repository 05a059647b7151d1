import type { Clock } from "../lib/clock.ts";
import type { EngineEvent } from "./parse.ts";
import type { EngineTransport } from "./transport.ts";

/** Podman answers a wait when the container has ended. Its event of that comes a quarter of a second later. */
export interface EndsWatch {
  /** Reports the ends of these containers, and of no others any more. */
  expect(containers: ReadonlySet<string>): void;
  /** `onEnd` gets an event like the engine's own, until the signal aborts. */
  listen(onEnd: (event: EngineEvent) => void, signal: AbortSignal): void;
}

/** A wait that was lost with its connection is begun again after this long at most. Milliseconds. */
const WAIT_MS = 600_000;
/** A container that ended isn't waited for again at once, whatever the list says. Milliseconds. */
const AGAIN_MS = 2_000;

export function createEndsWatch(transport: Pick<EngineTransport, "call">, clock: Clock): EndsWatch {
  const waits = new Map<string, AbortController>();
  const endedAt = new Map<string, number>();
  const listeners = new Set<(event: EngineEvent) => void>();

  async function waitFor(id: string, { signal }: AbortController): Promise<void> {
    const answer = await transport.call({
      method: "POST",
      path: `/containers/${id}/wait?condition=not-running`,
      timeoutMs: WAIT_MS,
      // Kept connections are few, and a wait would hold one for minutes.
      fresh: true,
      signal,
    });
    // A service that stops answers as well, and gives a reason.
    if (!/"Error":\s*null/.test(answer.body)) return;
    endedAt.set(id, clock.monotonic());
    for (const listener of listeners)
      listener({ Type: "container", Action: "die", Actor: { ID: id, Attributes: null } });
  }

  function begin(id: string): void {
    const wait = new AbortController();
    waits.set(id, wait);
    void waitFor(id, wait)
      // The engine is away, or the container is gone. The events and the list tell it as well.
      .catch(() => undefined)
      .finally(() => waits.get(id) === wait && waits.delete(id));
  }

  return {
    expect(containers) {
      for (const [id, wait] of waits) if (!containers.has(id)) wait.abort();
      for (const [id, at] of endedAt) if (clock.monotonic() - at > AGAIN_MS) endedAt.delete(id);
      for (const id of containers) if (!waits.has(id) && !endedAt.has(id)) begin(id);
    },
    listen(onEnd, signal) {
      listeners.add(onEnd);
      const end = () => {
        listeners.delete(onEnd);
        for (const wait of waits.values()) wait.abort();
      };
      signal.addEventListener("abort", end, { once: true });
    },
  };
}
