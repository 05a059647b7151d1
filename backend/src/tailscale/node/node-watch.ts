import type { Logger } from "pino";
import { backoffDelay } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { pause } from "../../lib/timing.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import type { Notify } from "../localapi/types.ts";
import type { NodeRecord } from "./node-record.ts";
import { isFlowLogsRefusal } from "./state/tailnet-demands.ts";

export interface NodeWatchDependencies {
  localApi: Pick<LocalApi, "watchBus">;
  record: NodeRecord;
  /** Called with every line of the bus. */
  onNotify: (notify: Notify) => void;
  /** Called when tailscaled refuses to log network flows and has therefore decided to stop. */
  onFlowLogsRefusal: () => void;
  clock: Clock;
  log: Logger;
}

/** Batches notifications: one is often the first of several. */
const SETTLE_MS = 15;

/** Reads the bus until the signal, and opens it again whenever it ends. */
export async function watchBusForever(
  dependencies: NodeWatchDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { record, clock, log } = dependencies;
  const isRunning = () => record.memory().daemon.phase === "running";
  let failures = 0;
  while (!signal.aborted) {
    if (isRunning()) {
      const startedAt = clock.monotonic();
      await watchBus(dependencies, signal).catch((err: unknown) => {
        if (!signal.aborted) log.debug({ event: "node.bus-ended", err }, "the bus of tailscaled ended");
      });
      failures = clock.monotonic() - startedAt > 1_000 ? 1 : failures + 1;
    }
    await pause(isRunning() ? backoffDelay(failures, { first: 50, most: 2_000 }) : 20, clock, signal);
  }
}

async function watchBus(
  { localApi, record, onNotify, onFlowLogsRefusal, clock, log }: NodeWatchDependencies,
  signal: AbortSignal,
): Promise<void> {
  await record.observe(signal);
  let observing = false;
  for await (const notify of localApi.watchBus(signal)) {
    onNotify(notify);
    record.paths.hears(notify);
    if (!tellsOfNode(notify)) continue;
    record.handle({ kind: "notify", notify });
    if (isFlowLogsRefusal(notify.ErrMessage)) onFlowLogsRefusal();
    if (observing) continue;
    observing = true;
    clock
      .sleep(SETTLE_MS, signal)
      .then(async () => {
        observing = false;
        await record.observe(signal);
      })
      .catch((err: unknown) => {
        if (!signal.aborted) log.debug({ event: "node.unobserved", err }, "tailscaled could not be observed");
      });
  }
}

/** tailscaled also reports other devices: as lines with nothing left in them, or as sessions, which come and go with clients. */
function tellsOfNode({ PeerState: _sessions, ...rest }: Notify): boolean {
  return Object.values(rest).some((value) => value !== undefined && value !== null);
}

/** How often to observe tailscaled without a notification: key expiry and similar changes arrive without one. Milliseconds. */
export type RefreshMs = Readonly<Record<"watched" | "unwatched", number>>;

/** Observes tailscaled from time to time, until the signal. */
export async function refreshForever(
  record: NodeRecord,
  { refreshMs, watched, clock }: { refreshMs: RefreshMs; watched: () => boolean; clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const began = clock.monotonic();
    const due = () => began + (watched() ? refreshMs.watched : refreshMs.unwatched);
    // Sleep in steps: a panel may open meanwhile.
    while (!signal.aborted && clock.monotonic() < due())
      await pause(Math.min(refreshMs.watched, due() - clock.monotonic()), clock, signal);
    if (!signal.aborted && record.memory().daemon.phase === "running")
      await record.observe(signal).catch(() => undefined);
  }
}
