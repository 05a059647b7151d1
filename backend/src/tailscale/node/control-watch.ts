import type { Logger } from "pino";
import { TAILSCALE_CONTROL_URL } from "../../control/home.ts";
import { keyAddress } from "../../control/probe.ts";
import { backoffDelay } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { pause, within } from "../../lib/timing.ts";

export interface ControlWatchDependencies {
  /** Resolves on any answer from the address; may hang. */
  probeControl: (address: string, signal: AbortSignal) => Promise<void>;
  /** The control server tailscaled should be connected to. Null while there is none or a log-in is under way. */
  controlUrl: () => string | null;
  /** Whether tailscaled itself reports the connection as lost. */
  isLost: () => boolean;
  /** Called when a control server that tailscaled considers connected stops answering, and when it answers again. */
  onChange: (isSilent: boolean) => void;
  /** Makes tailscaled retry at once. */
  nudge: () => Promise<void>;
  /** Whether to probe the server even while tailscaled reports a connection. */
  suspicious: boolean;
  /** Whether a panel is showing the result. */
  watched: () => boolean;
  clock: Clock;
  log: Logger;
}

/** Milliseconds. */
const TICK_MS = 3_000;
const ANSWER_MS = 3_000;
/**
 * Interval between probes while tailscaled reports a connection. A hung server leaves its connection open, and tailscaled waits two
 * minutes for a sign of life (`watchdogTimeout` in `control/controlclient/direct.go`). Tailscale's own server is probed seldom to
 * spare it. While nobody watches, a fault may show a minute later.
 */
const KNOCK_MS = 9_000;
const KNOCK_SELDOM_MS = 60_000;
/** Consecutive answers before we nudge tailscaled: it may notice without us. */
const ANSWERS_BEFORE_NUDGE = 2;

/**
 * Probes the control server until the signal. After an outage of minutes tailscaled retries only every half minute or so
 * (`util/backoff`), so nudge it when the server answers again. tailscaled also doesn't notice a hung server; the probe does.
 */
export async function watchControl(
  {
    probeControl,
    controlUrl,
    isLost,
    onChange,
    nudge,
    suspicious,
    watched,
    clock,
    log,
  }: ControlWatchDependencies,
  signal: AbortSignal,
): Promise<void> {
  let isSilent = false;
  let knockedAt = clock.monotonic();
  /** Consecutive answers while tailscaled reports the connection as lost. */
  let answers = 0;
  let nudges = 0;
  let nudgedAt = Number.NEGATIVE_INFINITY;

  function say(next: boolean): void {
    if (next !== isSilent) onChange(next);
    isSilent = next;
  }

  async function answersAt(url: string): Promise<boolean> {
    knockedAt = clock.monotonic();
    const hears = async (until: AbortSignal) =>
      await probeControl(keyAddress(url), until).then(
        () => true,
        () => false,
      );
    return await within(hears, ANSWER_MS, { clock, signal, otherwise: false });
  }

  while (!signal.aborted) {
    await pause(TICK_MS, clock, signal);
    const url = signal.aborted ? null : controlUrl();
    if (url === null) {
      say(false);
      continue;
    }
    if (!isLost()) {
      answers = 0;
      nudges = 0;
      const seldom = url === TAILSCALE_CONTROL_URL || !watched();
      const every = isSilent ? 0 : seldom ? KNOCK_SELDOM_MS : KNOCK_MS;
      if (!suspicious || clock.monotonic() - knockedAt < every) continue;
      // Probe twice: one packet may be lost.
      const hears = (await answersAt(url)) || (await answersAt(url));
      if (!signal.aborted) say(!hears);
      continue;
    }
    answers = (await answersAt(url)) ? answers + 1 : 0;
    if (answers < ANSWERS_BEFORE_NUDGE || signal.aborted || !isLost()) continue;
    if (nudges > 0 && clock.monotonic() - nudgedAt < backoffDelay(nudges, { first: 10_000, most: 60_000 }))
      continue;
    nudges += 1;
    nudgedAt = clock.monotonic();
    log.info({ event: "node.nudged" }, "the control server answers again; tailscaled reconnects");
    await nudge().catch((err: unknown) => {
      log.debug({ event: "node.not-nudged", err }, "tailscaled could not be made to reconnect");
    });
  }
}
