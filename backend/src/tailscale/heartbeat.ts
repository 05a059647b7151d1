import type { Clock } from "../lib/clock.ts";

export interface SignOfLife {
  /** It is on the tailnet, or on its way there, and does not hear the control server. */
  outOfSync: boolean;
}

/** How a daemon that runs does. */
export type Condition = "well" | "out-of-sync" | "silent";

/** How often somebody is asked. */
export interface Rhythm {
  /** Between two questions, and how long each waits for its answer. Milliseconds. */
  everyMs: number;
  answerMs: number;
  /** Between two questions while nobody looks and all is well. Milliseconds. */
  restMs: number;
  /** In a row: a daemon that has not answered for so long does not come back, unless it is started again. */
  mostSilent: number;
}

/** The extension's own node: together short enough that a panel is true within 5 s. */
export const NODE_RHYTHM: Rhythm = { everyMs: 1_500, answerMs: 3_000, restMs: 5_000, mostSilent: 8 };
/**
 * A machine: there may be twenty, and each question costs both sides a millisecond. True within 8 s. While nobody looks its bus, which
 * ends with it, says most of it.
 */
export const MACHINE_RHYTHM: Rhythm = { everyMs: 4_500, answerMs: 3_000, restMs: 30_000, mostSilent: 5 };

export interface HeartbeatDependencies {
  /** Asks the daemon. Rejects when it does not answer; may hang. */
  signOfLife: (signal: AbortSignal) => Promise<SignOfLife>;
  /** Called whenever the condition has changed; it begins as `well`. */
  onChange: (condition: Condition) => void;
  rhythm?: Rhythm;
  /** Whether somebody looks at what is shown of it. Left out, somebody always does. */
  watched?: () => boolean;
  clock: Clock;
}

/** In a row: whoever asks the control server for something new lets go of it for a moment. */
const LEAST_OUT_OF_SYNC = 2;
/**
 * A tailscaled that cannot reach the control server holds a lock between two tries, up to 45 s, and whoever changes something then
 * waits with it. Ended, it would forget the tailnet. Source: `mapRoutine` in `control/controlclient/auto.go` of 1.102.3.
 */
const PATIENCE = 2;

/**
 * Asks a daemon that runs for signs of life: one that hangs tells nobody, and one that has lost the control server tells late.
 * Resolves with `silent` when it must be ended, with `over` at the signal.
 */
export async function watchHeartbeat(
  { signOfLife, onChange, rhythm = NODE_RHYTHM, watched = () => true, clock }: HeartbeatDependencies,
  signal: AbortSignal,
): Promise<"silent" | "over"> {
  const { everyMs, answerMs, restMs, mostSilent } = rhythm;
  let askedAt = clock.monotonic();
  let told: Condition = "well";
  let silent = 0;
  let outOfSync = 0;
  const isLost = () => outOfSync >= LEAST_OUT_OF_SYNC;
  while (silent < mostSilent * (isLost() ? PATIENCE : 1)) {
    await clock.sleep(everyMs, signal).catch(() => undefined);
    // The sleep stays short: whoever begins to look should not wait for the truth.
    const mayRest = silent === 0 && outOfSync === 0 && !watched();
    if (mayRest && !signal.aborted && clock.monotonic() - askedAt < restMs) continue;
    askedAt = clock.monotonic();
    const sign = await answerInTime(signOfLife, answerMs, clock, signal);
    if (signal.aborted) return "over";
    silent = sign === null ? silent + 1 : 0;
    // One that does not answer says nothing of the control server.
    if (sign !== null) outOfSync = sign.outOfSync ? outOfSync + 1 : 0;
    const condition = silent > 0 ? "silent" : isLost() ? "out-of-sync" : "well";
    if (condition !== told) onChange(condition);
    told = condition;
  }
  return "silent";
}

/** Null when there was no answer within `ms` milliseconds, or none at all. Never rejects. */
export async function answerInTime(
  signOfLife: HeartbeatDependencies["signOfLife"],
  ms: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<SignOfLife | null> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(ms, either).then(
    () => null,
    () => null,
  );
  const sign = await Promise.race([signOfLife(either).catch(() => null), late]);
  over.abort();
  return sign;
}
