import type { Snapshot } from "@tailnet-share/contract/model";
import type { Health, Logs } from "@tailnet-share/contract/routes";
import type { Operations } from "../http/operations-routes.ts";
import type { Clock } from "../lib/clock.ts";
import type { Board } from "../reconcile/board.ts";
import type { Meter } from "./meter.ts";
import { readProcess, renderMetrics } from "./metrics.ts";

export interface OperationsDependencies {
  logs: () => Promise<Logs>;
  health: () => Promise<Health>;
  meter: Meter;
  snapshot: () => Snapshot;
  clock: Clock;
}

/** What is seen of the backend from outside. */
export function createOperations({
  logs,
  health,
  meter,
  snapshot,
  clock,
}: OperationsDependencies): Operations {
  return {
    logs,
    health,
    metrics: () =>
      renderMetrics({ meter: meter.read(), snapshot: snapshot(), process: readProcess(clock.now()) }),
  };
}

/** Counts those who wait on the board for news. */
export function countingBoard(board: Board, meter: Pick<Meter, "pollOpened">): Board {
  return {
    ...board,
    async newerThan(since, ms, signal) {
      const answered = meter.pollOpened();
      try {
        return await board.newerThan(since, ms, signal);
      } finally {
        answered();
      }
    },
  };
}
