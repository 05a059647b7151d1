import { constants } from "node:os";

/** A container's stop signal and timeout. */
export interface StopRequest {
  /** The signal's number. */
  readonly signal: number;
  /** Timeout before the engine sends SIGKILL. Milliseconds. */
  readonly patienceMs: number;
}

/** The engine's defaults. Source: https://docs.docker.com/reference/cli/docker/container/stop/ */
export const USUAL_STOP: StopRequest = { signal: constants.signals.SIGTERM, patienceMs: 10_000 };

export const SIGKILL: number = constants.signals.SIGKILL;

/** Linux' real-time signals are named from both ends, such as systemd's `SIGRTMIN+3`. */
const RTMIN = 34;
const RTMAX = 64;

/** The number of a signal that an engine writes as `15`, `TERM`, `SIGTERM` or `SIGRTMIN+3`. Returns null for an unknown signal. */
export function signalNumber(text: string): number | null {
  const name = text.trim().toUpperCase().replace(/^SIG/, "");
  if (/^\d{1,2}$/.test(name)) return within(Number(name));
  const realTime = /^RT(MIN|MAX)([+-]\d{1,2})?$/.exec(name);
  if (realTime !== null) return within((realTime[1] === "MIN" ? RTMIN : RTMAX) + Number(realTime[2] ?? 0));
  return Object.entries(constants.signals).find(([known]) => known === `SIG${name}`)?.[1] ?? null;
}

function within(signal: number): number | null {
  return signal >= 1 && signal <= RTMAX ? signal : null;
}

/** The stop signal and timeout in a container's configuration, with the engine's defaults. */
export function stopRequest(config: {
  StopSignal?: string | null | undefined;
  StopTimeout?: number | null | undefined;
}): StopRequest {
  const { StopSignal, StopTimeout } = config;
  return {
    signal: signalNumber(StopSignal ?? "") ?? USUAL_STOP.signal,
    // A negative timeout waits forever.
    patienceMs: StopTimeout == null || StopTimeout < 0 ? USUAL_STOP.patienceMs : StopTimeout * 1_000,
  };
}
