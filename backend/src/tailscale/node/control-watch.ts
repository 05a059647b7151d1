import type { Logger } from "pino";
import { TAILSCALE_CONTROL_URL } from "../../control/home.ts";
import { keyAddress } from "../../control/probe.ts";
import { backoffDelay } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { pause, within } from "../../lib/timing.ts";

export interface ControlWatchDependencies {
  /** Resolves on any answer from the address; may hang. */
  probeControl: (address: string, signal: AbortSignal) => Promise<void>;
  /** The control server tailscaled should be connected to. Null while there is none or a login is under way. */
  controlUrl: () => string | null;
  /** Whether tailscaled itself reports the connection as lost. */
  isLost: () => boolean;
  /** Resolves once tailscaled reports that, or at the signal. Never rejects. */
  untilLost: (signal: AbortSignal) => Promise<void>;
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
const PROBE_MS = 9_000;
const PROBE_SELDOM_MS = 60_000;
/** Consecutive answers before we nudge tailscaled: it may notice without us. */
const ANSWERS_BEFORE_NUDGE = 2;

/**
 * Probes the control server until the signal. After an outage of minutes tailscaled retries only every half minute or so
 * (`util/backoff`), so nudge it when the server answers again. tailscaled also doesn't notice a hung server; the probe does.
 */
export async function watchControl(
  dependencies: ControlWatchDependencies,
  signal: AbortSignal,
): Promise<void> {
  await new ControlWatch(dependencies, signal).run();
}

class ControlWatch {
  readonly #dependencies: ControlWatchDependencies;
  readonly #signal: AbortSignal;
  #isSilent = false;
  #probedAt: number;
  /** Consecutive answers while tailscaled reports the connection as lost. */
  #answers = 0;
  #nudges = 0;
  #nudgedAt = Number.NEGATIVE_INFINITY;

  constructor(dependencies: ControlWatchDependencies, signal: AbortSignal) {
    this.#dependencies = dependencies;
    this.#signal = signal;
    this.#probedAt = dependencies.clock.monotonic();
  }

  async run(): Promise<void> {
    const { clock, controlUrl, isLost, untilLost, suspicious } = this.#dependencies;
    while (!this.#signal.aborted) {
      if (!suspicious && !isLost()) {
        this.#forgetOutage();
        await untilLost(this.#signal);
      }
      await pause(TICK_MS, clock, this.#signal);
      const url = this.#signal.aborted ? null : controlUrl();
      if (url === null) this.#say(false);
      else if (isLost()) await this.#nudgeWhenBack(url);
      else await this.#probeConnected(url);
    }
  }

  /** Makes tailscaled reconnect when a server whose connection it lost answers again. */
  async #nudgeWhenBack(url: string): Promise<void> {
    const { isLost, nudge, clock, log } = this.#dependencies;
    this.#answers = (await this.#answersAt(url)) ? this.#answers + 1 : 0;
    if (this.#answers < ANSWERS_BEFORE_NUDGE || this.#signal.aborted || !isLost()) return;
    const sinceNudge = clock.monotonic() - this.#nudgedAt;
    if (this.#nudges > 0 && sinceNudge < backoffDelay(this.#nudges, { first: 10_000, most: 60_000 })) return;
    this.#nudges += 1;
    this.#nudgedAt = clock.monotonic();
    log.info({ event: "node.nudged" }, "the control server answers again; tailscaled reconnects");
    await nudge().catch((err: unknown) => {
      log.debug({ event: "node.not-nudged", err }, "tailscaled could not be made to reconnect");
    });
  }

  /** Probes a server that tailscaled considers connected, if a probe is due. */
  async #probeConnected(url: string): Promise<void> {
    const { suspicious, watched, clock } = this.#dependencies;
    this.#forgetOutage();
    const seldom = url === TAILSCALE_CONTROL_URL || !watched();
    const every = this.#isSilent ? 0 : seldom ? PROBE_SELDOM_MS : PROBE_MS;
    if (!suspicious || clock.monotonic() - this.#probedAt < every) return;
    // Probe twice: one packet may be lost.
    const hears = (await this.#answersAt(url)) || (await this.#answersAt(url));
    if (!this.#signal.aborted) this.#say(!hears);
  }

  #forgetOutage(): void {
    this.#answers = 0;
    this.#nudges = 0;
  }

  async #answersAt(url: string): Promise<boolean> {
    const { probeControl, clock } = this.#dependencies;
    this.#probedAt = clock.monotonic();
    const hears = async (until: AbortSignal) =>
      await probeControl(keyAddress(url), until).then(
        () => true,
        () => false,
      );
    return await within(hears, ANSWER_MS, { clock, signal: this.#signal, otherwise: false });
  }

  #say(isSilent: boolean): void {
    if (isSilent !== this.#isSilent) this.#dependencies.onChange(isSilent);
    this.#isSilent = isSilent;
  }
}
