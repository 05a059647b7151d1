import type { Logger } from "pino";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Engine } from "./engine.ts";
import type { EngineEvent } from "./parse.ts";

/**
 * A stream that tells nothing for so long is opened anew: what stands between us and the engine may have lost it without a word, as
 * after a laptop's sleep. Until then the loop's own looks find what it does not tell. Milliseconds.
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
    // That nothing is told is the rule where nothing happens, and no failure.
    if (silence.signal.aborted) continue;
    failures += 1;
    onEvent(null);
    await clock.sleep(backoffDelay(failures, { first: 100, most: 2_000 }), signal).catch(() => undefined);
  }
}

/** A signal that is aborted when nothing was heard for `SILENCE_MS`. */
function createSilence(clock: Clock, signal: AbortSignal) {
  const silent = new AbortController();
  const over = new AbortController();
  let heardAt = clock.monotonic();
  const either = AbortSignal.any([signal, over.signal]);
  async function listen(): Promise<void> {
    for (let left = SILENCE_MS; left > 0; left = heardAt + SILENCE_MS - clock.monotonic())
      await clock.sleep(left, either);
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
