import type { Logger } from "pino";
import { backoffDelay } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { createLineBuffer } from "../../lib/text-lines.ts";
import { pause, unlessAborted } from "../../lib/timing.ts";
import type { TailscaledPaths, Tun } from "./command.ts";
import { type Condition, type SignOfLife, watchHeartbeat } from "./heartbeat.ts";
import { comesUp, type Exit, launch, type Tailscaled } from "./launch.ts";

export type DaemonEvent =
  | { kind: "daemon-starting" }
  | { kind: "daemon-running" }
  /** Emitted whenever the condition changes. */
  | { kind: "daemon-condition"; condition: Condition }
  | { kind: "daemon-exited"; exits: number };

export interface Daemon {
  /** Restarts the daemon whenever it exits, until the signal; resolves after the last exit. Never runs two at once. */
  supervise(onEvent: (event: DaemonEvent) => void, signal: AbortSignal): Promise<void>;
  /**
   * Runs `work` after one daemon exits and before the next starts, when it is safe to touch the state directory. Rejects when
   * `work` does, and when nothing supervises the daemon. The daemon restarts in either case.
   */
  whileStopped(work: () => Promise<void>): Promise<void>;
  /** The last lines of its output, newest last. */
  lastLines(): readonly string[];
}

export interface DaemonOptions extends TailscaledPaths {
  mode: Tun;
  environment: NodeJS.ProcessEnv;
  /** Asks the daemon on its socket; rejects when it doesn't answer. */
  signOfLife: (signal: AbortSignal) => Promise<SignOfLife>;
  /** Whether a panel is showing the result. Defaults to always. */
  watched?: () => boolean;
  clock: Clock;
  log: Logger;
}

/** A daemon that stays up this long counts as healthy: its exit resets the exit count. */
const HEALTHY_MS = 30_000;
/** A daemon that hasn't answered by then hangs, so we kill it. Milliseconds. */
const COMES_UP_MS = 30_000;
const KEPT_LINES = 200;

export function createDaemon(options: DaemonOptions): Daemon {
  const { clock } = options;
  const output = createLineBuffer(KEPT_LINES);
  /** Stops only the current daemon; null while nothing supervises. */
  let interruption: AbortController | null = null;
  const betweenTwo: (() => Promise<void>)[] = [];

  /** Includes work that is queued while earlier work runs. */
  async function workBetweenTwo(): Promise<void> {
    for (let work = betweenTwo.shift(); work !== undefined; work = betweenTwo.shift()) await work();
  }

  return {
    lastLines: output.lines,
    async whileStopped(work) {
      if (interruption === null) throw new Error("tailscaled is not supervised");
      const done = new Promise<void>((resolve, reject) => {
        betweenTwo.push(async () => await work().then(resolve, reject));
      });
      interruption.abort();
      await done;
    },
    async supervise(onEvent, signal) {
      let exits = 0;
      while (!signal.aborted) {
        await workBetweenTwo();
        interruption = new AbortController();
        const untilInterrupted = AbortSignal.any([signal, interruption.signal]);
        const upFor = await runOnce(options, output, onEvent, untilInterrupted);
        if (signal.aborted) break;
        const wasHealthy = upFor >= HEALTHY_MS;
        if (interruption.signal.aborted) exits = 0;
        else exits = wasHealthy ? 1 : exits + 1;
        onEvent({ kind: "daemon-exited", exits });
        await pause(exits === 0 ? 0 : backoffDelay(exits, { first: 100 }), clock, untilInterrupted);
      }
      interruption = null;
      await workBetweenTwo();
    },
  };
}

type LineBuffer = ReturnType<typeof createLineBuffer>;

/** Resolves after the exit with how long the daemon answered, in milliseconds. */
async function runOnce(
  options: DaemonOptions,
  output: LineBuffer,
  onEvent: (event: DaemonEvent) => void,
  signal: AbortSignal,
): Promise<number> {
  const { mode, socketPath, stateDirectory, environment, clock, log } = options;
  onEvent({ kind: "daemon-starting" });
  const tailscaled = await launch({
    purpose: { kind: "node", tun: mode },
    ...{ stateDirectory, socketPath, environment },
    onOutput(text) {
      for (const line of output.add(text)) log.debug({ event: "tailscaled.line", line }, "tailscaled says");
    },
  }).catch((err: Error) => {
    // A folder can't be made: the volume is full or read-only, and may be better at the next try.
    report({ kind: "unstartable", err }, false, log);
    return null;
  });
  if (tailscaled === null) return 0;
  const reported = tailscaled.ended.then((exit) => report(exit, signal.aborted, log));
  const over = new AbortController();
  let upAt: number | null = null;
  const hear = (event: DaemonEvent): void => {
    if (event.kind === "daemon-running") upAt = clock.monotonic();
    onEvent(event);
  };
  const following = follow(tailscaled, options, hear, AbortSignal.any([signal, over.signal]));
  await unlessAborted(tailscaled.ended, signal, null);
  await tailscaled.stop(clock);
  over.abort();
  await Promise.all([reported, following]);
  return upAt === null ? 0 : clock.monotonic() - upAt;
}

function report(exit: Exit, isWanted: boolean, log: Logger): void {
  if (exit.kind === "unstartable") {
    log.error({ event: "tailscaled.unstartable", err: exit.err }, "tailscaled could not be started");
    return;
  }
  const { code, cause } = exit;
  if (isWanted) log.info({ event: "tailscaled.stopped", code, cause }, "tailscaled was stopped");
  else log.warn({ event: "tailscaled.ended", code, cause }, "tailscaled ended unexpectedly");
}

/** Reports the daemon's first answer, then watches its heartbeat. Kills a daemon that hangs for good. */
async function follow(
  tailscaled: Tailscaled,
  { signOfLife, watched = () => true, clock, log }: DaemonOptions,
  onEvent: (event: DaemonEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const onChange = (condition: Condition): void => onEvent({ kind: "daemon-condition", condition });
  const start = { signOfLife, withinMs: COMES_UP_MS, onSlow: () => onChange("silent"), clock };
  if (await comesUp(tailscaled, start, signal)) {
    onEvent({ kind: "daemon-running" });
    await watchHeartbeat({ signOfLife, onChange, watched, clock }, signal);
  }
  if (signal.aborted || tailscaled.hasEnded()) return;
  log.warn({ event: "tailscaled.hangs" }, "tailscaled does not answer, and is started again");
  tailscaled.kill();
}
