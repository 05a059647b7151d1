import type { Logger } from "pino";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Engine } from "./engine.ts";

/** Change nothing that is shown. `kill` comes just before `die`, which must find the loop idle: see the plan's `leave`. */
const IGNORED =
  /^(kill|exec_|health_status|top|resize|attach|detach|copy|export|archive-path|extract-to-dir)/;

/**
 * Calls `onHint` on every event that may change what is shown, and whenever the stream of events begins anew: what
 * happened in the gap was missed, so everything has to be listed again. Runs until the signal.
 */
export async function watchEngine(
  { engine, clock, log }: { engine: Engine; clock: Clock; log: Logger },
  onHint: (urgency: "urgent" | "hint") => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const events = await engine.events(signal);
      onHint("hint");
      for await (const event of events) {
        failures = 0;
        // `compose down` wants to remove the network some 100 ms after its container has ended, and cannot while we are in it.
        if (!IGNORED.test(event.Action)) onHint(event.Action === "die" ? "urgent" : "hint");
      }
    } catch (err) {
      if (!signal.aborted) log.debug({ err }, "the engine's events ended");
    }
    failures += 1;
    onHint("hint");
    await clock.sleep(backoffDelay(failures, { first: 100, most: 2_000 }), signal).catch(() => undefined);
  }
}
