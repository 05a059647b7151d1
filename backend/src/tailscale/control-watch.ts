import type { Logger } from "pino";
import { TAILSCALE_CONTROL_URL } from "../control/home.ts";
import { keyAddress } from "../control/probe.ts";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";

export interface ControlWatchDependencies {
  /** Resolves when the address answers, whatever it says; may hang. */
  probeControl: (address: string, signal: AbortSignal) => Promise<void>;
  /** The control server that tailscaled is to hear; null while it is to hear none, or somebody is logging in. */
  controlUrl: () => string | null;
  /** Whether tailscaled says that it does not hear it. */
  isLost: () => boolean;
  /** Told when a control server that tailscaled believes to hear does not answer any more, and when it does again. */
  onChange: (isSilent: boolean) => void;
  /** Has tailscaled try anew, at once. */
  nudge: () => Promise<void>;
  /** Whether to probe it although tailscaled hears it. */
  suspicious: boolean;
  /** Whether somebody looks at what is shown of it. */
  watched: () => boolean;
  clock: Clock;
  log: Logger;
}

/** Milliseconds. */
const TICK_MS = 3_000;
const ANSWER_MS = 3_000;
/**
 * How often one is asked that tailscaled hears: a server that hangs leaves its connection open, and tailscaled waits two minutes
 * for a sign of life (`watchdogTimeout` in `control/controlclient/direct.go`). Tailscale's own has better things to do, and while nobody
 * looks a fault may show a minute later.
 */
const KNOCK_MS = 9_000;
const KNOCK_SELDOM_MS = 60_000;
/** In a row, before tailscaled is told: it may find out by itself. */
const ANSWERS_BEFORE_NUDGE = 2;

/**
 * Probes the control server. tailscaled tries a server that was away for minutes only every half minute or so
 * (`util/backoff`), so it is told to try when the server answers again; and it does not notice one that hangs. Runs until the
 * signal.
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
  /** While it is lost. */
  let answers = 0;
  let nudges = 0;
  let nudgedAt = Number.NEGATIVE_INFINITY;

  function say(next: boolean): void {
    if (next !== isSilent) onChange(next);
    isSilent = next;
  }

  async function answersAt(url: string): Promise<boolean> {
    knockedAt = clock.monotonic();
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const late = clock.sleep(ANSWER_MS, either).then(
      () => false,
      () => false,
    );
    const heard = probeControl(keyAddress(url), either).then(
      () => true,
      () => false,
    );
    const inTime = await Promise.race([heard, late]);
    over.abort();
    return inTime;
  }

  while (!signal.aborted) {
    await clock.sleep(TICK_MS, signal).catch(() => undefined);
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
      // One packet may be lost.
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
