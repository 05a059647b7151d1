import type { Logger } from "pino";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { pause } from "../lib/timing.ts";
import type { Engine } from "./engine.ts";
import type { EngineEvent } from "./parse.ts";

/**
 * Reopens a stream that stays silent this long: the path to the engine may have dropped it without notice, as after a laptop's sleep.
 * Until then the loop's own polls catch what the stream misses. Milliseconds.
 */
const SILENCE_MS = 60_000;

/**
 * Passes on every event, and null whenever the event stream opens or closes: events in the gap are lost, so the caller must list
 * everything again. Runs until the signal.
 */
export async function watchEngine(
  { engine, clock, log }: { engine: Engine; clock: Clock; log: Logger },
  onEvent: (event: EngineEvent | null) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  engine.listenForEnds(onEvent, signal);
  while (!signal.aborted) {
    const silence = createSilence(clock, signal);
    try {
      const events = await engine.events(silence.signal);
      onEvent(null);
      for await (const event of events) {
        failures = 0;
        silence.broken();
        onEvent(event);
      }
    } catch (err) {
      if (!signal.aborted) log.debug({ event: "engine.events-ended", err }, "the engine's events ended");
    } finally {
      silence.over();
    }
    // A silent stream is normal when nothing happens, and doesn't count as a failure.
    if (silence.signal.aborted) continue;
    failures += 1;
    onEvent(null);
    await pause(backoffDelay(failures, { first: 100, most: 2_000 }), clock, signal);
  }
}

/** Returns a signal that aborts after `SILENCE_MS` without an event. */
function createSilence(clock: Clock, signal: AbortSignal) {
  const silent = new AbortController();
  const over = new AbortController();
  let heardAt = clock.monotonic();
  const either = AbortSignal.any([signal, over.signal]);
  async function listen(): Promise<void> {
    for (
      let remainingMs = SILENCE_MS;
      remainingMs > 0;
      remainingMs = heardAt + SILENCE_MS - clock.monotonic()
    )
      await clock.sleep(remainingMs, either);
    silent.abort();
  }
  listen().catch(() => undefined);
  return {
    signal: AbortSignal.any([signal, silent.signal]),
    broken: () => {
      heardAt = clock.monotonic();
    },
    over: () => over.abort(),
  };
}
