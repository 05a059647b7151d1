import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Clock } from "../../lib/clock.ts";
import { listenerOn } from "../../ports/listener-addresses.ts";
import type { Listener } from "../../ports/listening.ts";

/** No event reports a new listening port or a removed guard, so poll. Milliseconds. */
const SELDOM_MS = 300_000;
/** Programs usually start listening within seconds. Milliseconds. */
const SOON_MS = 1_000;
/** The interval grows with a port's idle time, so permanently idle ports are rarely polled. */
const PART = 6;
/** Interval between two rounds of looks while a panel is open. They begin at its multiples, so machines wake the loop together. Milliseconds. */
const ROUND_MS = 8_000;
/** Looks per round: each starts a Node process in a machine's container. */
const MOST_IN_ROUND = 3;

/** Milliseconds until the next look into a machine's container, `elapsedMs` after a port was first seen idle. Pure. */
export function pauseBeforeLook(
  ports: readonly ContainerPort[],
  listeners: readonly Listener[] | null,
  elapsedMs: number,
): number {
  const waits =
    listeners === null || (ports.length === 0 ? listeners.length === 0 : idlePorts(ports, listeners) !== "");
  return waits ? Math.min(SELDOM_MS, Math.max(SOON_MS, elapsedMs / PART)) : SELDOM_MS;
}

/** Times of a look, by the monotonic clock. Milliseconds. */
export interface LookTimes {
  lookedAt: number;
  lookAgainAt: number;
  /** When the ports without a listener were first seen idle. */
  idleSince: number;
}

/** When a machine that was looked into wakes the loop for the next round, while a panel is open. Pure. */
export function nextRoundAt(lookedAt: number): number {
  return (roundOf(lookedAt) + 1) * ROUND_MS;
}

/** The number of the round that a time belongs to. */
function roundOf(ms: number): number {
  return Math.floor(ms / ROUND_MS);
}

/** Computes the times after a look. `before`: the previous observation; null for none. Pure. */
export function timesOfLook(
  before: { listening: readonly Listener[] | null; idleSince: number } | null,
  ports: readonly ContainerPort[],
  listening: readonly Listener[] | null,
  now: number,
): LookTimes {
  const isSame = before !== null && idlePorts(ports, before.listening) === idlePorts(ports, listening);
  const idleSince = isSame ? before.idleSince : now;
  return { lookedAt: now, lookAgainAt: now + pauseBeforeLook(ports, listening, now - idleSince), idleSince };
}

/** The ports without a listener, as a text to compare. */
function idlePorts(ports: readonly ContainerPort[], listeners: readonly Listener[] | null): string {
  return ports
    .filter((port) => listenerOn(listeners ?? [], port) === undefined)
    .map(({ port, protocol }) => `${port}/${protocol}`)
    .join(" ");
}

/** Minimum interval between two looks because of visitors. Milliseconds. */
export const VISITS_APART_MS = 60_000;

/** A machine that was looked into, and when, by the monotonic clock. Milliseconds. */
export interface LookedInto {
  key: string;
  lookedAt: number;
}

/**
 * Chooses the machines to look into because a visitor has a session, by key. A session reports its beginning and its end only, and the
 * program may move to another address in between. Takes a few at a time, least recently seen first. Pure.
 */
export function dueForVisitors(
  machines: readonly LookedInto[],
  visited: ReadonlySet<string>,
  now: number,
): ReadonlySet<string> {
  const due = machines.filter(({ key, lookedAt }) => visited.has(key) && now - lookedAt >= VISITS_APART_MS);
  const first = due.toSorted((a, b) => a.lookedAt - b.lookedAt).slice(0, MOST_IN_ROUND);
  return new Set(first.map(({ key }) => key));
}

/**
 * Chooses the machines to look into because a panel is open, by key: a program that has moved to another address shows within seconds.
 * Takes a few at a time, least recently seen first, so the cost doesn't grow with the number of machines.
 */
export function createWatchedLooks(
  watched: () => boolean,
  clock: Clock,
): (machines: readonly LookedInto[]) => ReadonlySet<string> {
  let roundAt = Number.NEGATIVE_INFINITY;
  let round: ReadonlySet<string> = new Set();

  function begin(machines: readonly LookedInto[], now: number): void {
    // A panel may have opened shortly before a round begins.
    const due = machines.filter(({ lookedAt }) => now - lookedAt >= ROUND_MS / 2);
    if (due.length === 0) return;
    const first = due.toSorted((a, b) => a.lookedAt - b.lookedAt).slice(0, MOST_IN_ROUND);
    round = new Set(first.map(({ key }) => key));
    roundAt = now;
  }

  return (machines) => {
    if (!watched()) return new Set();
    const now = clock.monotonic();
    if (roundOf(now) > roundOf(roundAt)) begin(machines, now);
    const unvisited = machines.filter(({ key, lookedAt }) => round.has(key) && lookedAt < roundAt);
    return new Set(unvisited.map(({ key }) => key));
  };
}
