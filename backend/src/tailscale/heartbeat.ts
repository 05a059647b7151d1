import type { Clock } from "../lib/clock.ts";

export interface SignOfLife {
  /** It is on the tailnet, or on its way there, and does not hear the control server. */
  outOfSync: boolean;
}

/** How a daemon that runs does. */
export type Condition = "well" | "out-of-sync" | "silent";

export interface HeartbeatDependencies {
  /** Asks the daemon. Rejects when it does not answer; may hang. */
  signOfLife: (signal: AbortSignal) => Promise<SignOfLife>;
  /** Called whenever the condition has changed; it begins as `well`. */
  onChange: (condition: Condition) => void;
  clock: Clock;
}

/** Between two questions, and how long each waits for its answer: together short enough that a panel is true within 5 s. Milliseconds. */
const EVERY_MS = 1_500;
const ANSWER_MS = 3_000;
/** In a row: a daemon that has not answered for so long does not come back, unless it is started again. */
const MOST_SILENT = 8;
/** In a row: whoever asks the control server for something new lets go of it for a moment. */
const LEAST_OUT_OF_SYNC = 2;

/**
 * Asks a daemon that runs for signs of life: one that hangs tells nobody, and one that has lost the control server tells late.
 * Resolves with `silent` when it must be ended, with `over` at the signal.
 */
export async function watchHeartbeat(
  { signOfLife, onChange, clock }: HeartbeatDependencies,
  signal: AbortSignal,
): Promise<"silent" | "over"> {
  let told: Condition = "well";
  let silent = 0;
  let outOfSync = 0;
  while (silent < MOST_SILENT) {
    await clock.sleep(EVERY_MS, signal).catch(() => undefined);
    const sign = await inTime(signOfLife, clock, signal);
    if (signal.aborted) return "over";
    silent = sign === null ? silent + 1 : 0;
    // One that does not answer says nothing of the control server.
    if (sign !== null) outOfSync = sign.outOfSync ? outOfSync + 1 : 0;
    const lost: Condition = outOfSync >= LEAST_OUT_OF_SYNC ? "out-of-sync" : "well";
    const condition = silent > 0 ? "silent" : lost;
    if (condition !== told) onChange(condition);
    told = condition;
  }
  return "silent";
}

async function inTime(
  signOfLife: HeartbeatDependencies["signOfLife"],
  clock: Clock,
  signal: AbortSignal,
): Promise<SignOfLife | null> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(ANSWER_MS, either).then(
    () => null,
    () => null,
  );
  const sign = await Promise.race([signOfLife(either).catch(() => null), late]);
  over.abort();
  return sign;
}
