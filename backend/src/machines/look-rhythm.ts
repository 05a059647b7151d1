import type { ContainerPort } from "@tailnet-share/contract/model";
import type { Listener } from "../ports/listening.ts";
import { listenerOn } from "../ports/places.ts";

/** Nothing tells that a container listens on another port, or has taken its machine's guard away. Milliseconds. */
const SELDOM_MS = 300_000;
/** Programs start late, and often within seconds. Milliseconds. */
const SOON_MS = 1_000;
/** The pause grows with the time that a port has been idle for: one that is idle for good is hardly ever looked at. */
const PART = 6;

/** Milliseconds until a machine's container is looked into again, `elapsedMs` after it was for the first time. Pure. */
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
