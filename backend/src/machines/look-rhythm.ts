import type { ContainerPort } from "@tailnet-share/contract/model";
import type { Listener } from "../ports/listening.ts";
import { listenerOn } from "../ports/places.ts";

/** No event reports a new listening port or a removed guard, so poll. Milliseconds. */
const SELDOM_MS = 300_000;
/** Programs usually start listening within seconds. Milliseconds. */
const SOON_MS = 1_000;
/** The interval grows with a port's idle time, so permanently idle ports are rarely polled. */
const PART = 6;

/** Milliseconds until the next look into a machine's container, `elapsedMs` after the first one. Pure. */
export function pauseBeforeLook(
  ports: readonly ContainerPort[],
  listeners: readonly Listener[] | null,
  elapsedMs: number,
): number {
  const waits =
    listeners === null ||
    (ports.length === 0
      ? listeners.length === 0
      : ports.some((port) => listenerOn(listeners, port) === undefined));
  return waits ? Math.min(SELDOM_MS, Math.max(SOON_MS, elapsedMs / PART)) : SELDOM_MS;
}
