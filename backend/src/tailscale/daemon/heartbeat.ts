import type { Clock } from "../../lib/clock.ts";
import { pause, within } from "../../lib/timing.ts";

export interface SignOfLife {
  /** It is on the tailnet or connecting, and has lost the control server. */
  outOfSync: boolean;
}

/** Condition of a running daemon. */
export type Condition = "well" | "out-of-sync" | "silent";

/** How often the daemon is probed. */
export interface Rhythm {
  /** Interval between probes, and the time each may take. Milliseconds. */
  everyMs: number;
  answerMs: number;
  /** Interval while nobody watches and the daemon is well. Milliseconds. */
  restMs: number;
  /** Consecutive unanswered probes after which only a restart helps. */
  mostSilent: number;
}

/** The extension's own node: interval and timeout together keep a panel correct within 5 s. */
export const NODE_RHYTHM: Rhythm = { everyMs: 1_500, answerMs: 3_000, restMs: 5_000, mostSilent: 8 };
/**
 * A machine: there may be twenty, and each probe costs both sides a millisecond. Keeps a panel correct within 8 s. While nobody
 * watches, the machine's bus reports most changes and ends when the machine does.
 */
export const MACHINE_RHYTHM: Rhythm = { everyMs: 4_500, answerMs: 3_000, restMs: 30_000, mostSilent: 5 };

export interface HeartbeatDependencies {
  /** Probes the daemon. Rejects when it doesn't answer; may hang. */
  signOfLife: (signal: AbortSignal) => Promise<SignOfLife>;
  /** Called whenever the condition changes; it starts as `well`. */
  onChange: (condition: Condition) => void;
  rhythm?: Rhythm;
  /** Whether a panel is showing the result. Defaults to always. */
  watched?: () => boolean;
  clock: Clock;
}

/** Consecutive probes out of sync before we report it: a request to the control server drops the connection for a moment. */
const LEAST_OUT_OF_SYNC = 2;
/**
 * Factor on `mostSilent` for a daemon that is out of sync. While tailscaled can't reach the control server it holds a lock between two
 * retries, up to 45 s, and every change waits for that lock. Killing it then would make it forget the tailnet.
 * Source: `mapRoutine` in `control/controlclient/auto.go` of 1.102.3.
 */
const PATIENCE = 2;

/**
 * Probes a running daemon: a hung one reports nothing, and one that lost the control server reports it late.
 * Resolves with `silent` when the daemon must be killed, and with `over` at the signal.
 */
export async function watchHeartbeat(
  { signOfLife, onChange, rhythm = NODE_RHYTHM, watched = () => true, clock }: HeartbeatDependencies,
  signal: AbortSignal,
): Promise<"silent" | "over"> {
  const { everyMs, answerMs, restMs, mostSilent } = rhythm;
  let askedAt = clock.monotonic();
  let reported: Condition = "well";
  let silent = 0;
  let outOfSync = 0;
  const isLost = () => outOfSync >= LEAST_OUT_OF_SYNC;
  while (silent < mostSilent * (isLost() ? PATIENCE : 1)) {
    await pause(everyMs, clock, signal);
    // Keep the sleep short, so that a new watcher soon sees the current state.
    const mayRest = silent === 0 && outOfSync === 0 && !watched();
    if (mayRest && !signal.aborted && clock.monotonic() - askedAt < restMs) continue;
    askedAt = clock.monotonic();
    const sign = await answerInTime(signOfLife, answerMs, clock, signal);
    if (signal.aborted) return "over";
    silent = sign === null ? silent + 1 : 0;
    // An unanswered probe says nothing about the control server.
    if (sign !== null) outOfSync = sign.outOfSync ? outOfSync + 1 : 0;
    const condition = silent > 0 ? "silent" : isLost() ? "out-of-sync" : "well";
    if (condition !== reported) onChange(condition);
    reported = condition;
  }
  return "silent";
}

/** Returns null when the probe fails or takes longer than `ms` milliseconds. Never rejects. */
export async function answerInTime(
  signOfLife: HeartbeatDependencies["signOfLife"],
  ms: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<SignOfLife | null> {
  const ask = async (until: AbortSignal) => await signOfLife(until).catch(() => null);
  return await within(ask, ms, { clock, signal, otherwise: null });
}
