import type { Clock } from "../lib/clock.ts";
import { within } from "../lib/timing.ts";
import { TAILSCALE_CONTROL_URL } from "./home.ts";
import { keyAddress } from "./probe.ts";

export type ControlProbe = (address: string, signal: AbortSignal) => Promise<void>;

/** How long all callers share an answer. Longer for Tailscale's own server, to spare it. Milliseconds. */
const GOOD_FOR_MS = 2_500;
const TAILSCALE_GOOD_FOR_MS = 60_000;
/** Attempts before a silent server gets a pause: one packet may be lost. */
const TRIES = 2;
/** Deadline for each attempt, whoever started it. Milliseconds. */
const TRY_MS = 3_000;

/**
 * Shares one probe between the node and all machines: a caller gets the last answer while that is fresh. `probeControl` sends a request and
 * may hang.
 */
export function createSharedProbe(probeControl: ControlProbe, clock: Clock): ControlProbe {
  const known = new Map<string, { at: number; tries: number; failed: boolean; answer: Promise<void> }>();

  async function ask(address: string): Promise<void> {
    const probe = async (signal: AbortSignal) => {
      await probeControl(address, signal);
      return true;
    };
    if (!(await within(probe, TRY_MS, { clock, otherwise: false }))) throw new Error("no answer");
  }

  return async (address) => {
    const last = known.get(address);
    // Two attempts count for twice as long: once a minute on average.
    const isTailscale = address === keyAddress(TAILSCALE_CONTROL_URL);
    const goodFor = isTailscale ? TAILSCALE_GOOD_FOR_MS * (last?.tries ?? 1) : GOOD_FOR_MS;
    const isFresh = last !== undefined && clock.monotonic() - last.at < goodFor;
    if (isFresh && !(last.failed && last.tries < TRIES)) return await last.answer;
    const next = {
      at: isFresh ? last.at : clock.monotonic(),
      tries: isFresh ? last.tries + 1 : 1,
      failed: false,
      answer: ask(address),
    };
    next.answer.catch(() => {
      next.failed = true;
    });
    known.set(address, next);
    await next.answer;
  };
}
