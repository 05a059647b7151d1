import { setTimeout as delay } from "node:timers/promises";
import type { RunState } from "@tailnet-share/contract/workload";
import type { Bed } from "../../src/bed.ts";
import type { Conversation } from "../interactive-process.ts";
import type { Context, Measurement, Outcome } from "../measurement.ts";
import { milliseconds, SUMMARY_COLUMNS, summaryCells } from "../report.ts";
import { summarize } from "../statistics.ts";
import { eventTime, followEvents } from "./engine-events.ts";
import { dataPathLags } from "./event-unwatched.ts";

const PAIRS_A_ROUND = 4;
const TARGET_MS = 300;
const DATA_PATH_MS = 500;
const QUIET_MS = 300;

/** Follows the long poll as the panel does. Returns the time when the row changed, in milliseconds since the epoch. */
async function rowChange(bed: Bed, workload: string, run: RunState): Promise<number> {
  let snapshot = await bed.api.snapshot();
  const deadline = Date.now() + 20_000;
  while (snapshot.workloads.find(({ id }) => id === workload)?.run !== run) {
    if (Date.now() > deadline) throw new Error(`${workload} was never shown as ${run}`);
    snapshot = await bed.api.snapshot(snapshot.revision);
  }
  return Date.now();
}

async function lag(
  bed: Bed,
  events: Conversation,
  change: { readonly command: "stop" | "start"; readonly container: string; readonly run: RunState },
): Promise<number> {
  const workload = `name:${change.container}`;
  const [shown] = await Promise.all([
    rowChange(bed, workload, change.run),
    bed.engine.docker([change.command, change.container]),
  ]);
  return shown - (await eventTime(events));
}

async function run(context: Context): Promise<Outcome> {
  const { bed, rounds, signal } = context;
  const container = `bench-event-${bed.id}`;
  const { id } = await bed.samples.start({ name: container, http: 8080 });
  const events = followEvents(bed, id, ["die", "start"]);
  const lags = { stop: [] as number[], start: [] as number[] };
  try {
    for (let pair = 0; pair < rounds * PAIRS_A_ROUND; pair += 1) {
      for (const [command, run] of [
        ["stop", "stopped"],
        ["start", "running"],
      ] as const) {
        await delay(QUIET_MS, undefined, { signal });
        lags[command].push(await lag(bed, events, { command, container, run }));
      }
    }
  } finally {
    events.close();
  }
  const all = summarize([...lags.stop, ...lags.start]);
  const unwatched = await dataPathLags(context);
  const dataPath = summarize(unwatched);
  return {
    tables: [
      {
        title: "From the engine's event to the changed row in a waiting long poll",
        columns: ["event", ...SUMMARY_COLUMNS],
        rows: [
          ["container ended", ...summaryCells(summarize(lags.stop))],
          ["container started", ...summaryCells(summarize(lags.start))],
        ],
      },
      {
        title: "From the engine's event to the first answer at another device, no panel open",
        columns: ["event", ...SUMMARY_COLUMNS],
        rows: [["shared container started", ...summaryCells(dataPath)]],
      },
    ],
    notes: ["Until the first answer, the container's own program has to start, too."],
    verdicts: [
      { target: "every change ≤ 0.3 s", figure: milliseconds(all.max), meets: all.max <= TARGET_MS },
      {
        target: "data path after an event, no panel open, median ≤ 0.5 s",
        figure: `${milliseconds(dataPath.median)}, at most ${milliseconds(dataPath.max)}`,
        meets: dataPath.median <= DATA_PATH_MS,
      },
    ],
    samples: { ...lags, unwatched },
  };
}

export const event: Measurement = {
  name: "event",
  minutes: 4,
  minutesARound: 0.5,
  control: "headscale",
  run,
};
