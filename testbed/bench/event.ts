import { setTimeout as delay } from "node:timers/promises";
import type { RunState } from "@tailnet-share/contract/model";
import { z } from "zod";
import type { Bed } from "../src/bed.ts";
import { type Conversation, converse } from "./conversation.ts";
import type { Context, Measurement } from "./measurement.ts";
import { milliseconds, SUMMARY_COLUMNS, summaryCells } from "./report.ts";
import { summarize } from "./statistics.ts";

const PAIRS_A_ROUND = 4;
const TARGET_MS = 300;
const QUIET_MS = 300;

/** `docker events --format '{{json .}}'`: nanoseconds since the epoch, more than a number holds exactly, less than matters here. */
const Event = z.object({ Action: z.string(), timeNano: z.number() });

/** Follows the long poll as the panel does. Answers when the row had changed, in milliseconds since the epoch. */
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
  const { timeNano } = Event.parse(JSON.parse((await events.next(10_000)).text));
  return shown - timeNano / 1e6;
}

async function run({ bed, rounds, signal }: Context): Promise<Awaited<ReturnType<Measurement["run"]>>> {
  const container = `bench-event-${bed.id}`;
  const { id } = await bed.samples.start({ name: container, http: 8080 });
  const filters = [`container=${id}`, "event=die", "event=start"].flatMap((filter) => ["--filter", filter]);
  const events = converse(bed.engine, ["events", ...filters, "--format", "{{json .}}"]);
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
    ],
    notes: [],
    verdicts: [
      { target: "every change ≤ 0.3 s", figure: milliseconds(all.max), meets: all.max <= TARGET_MS },
    ],
    samples: lags,
  };
}

export const event: Measurement = { name: "event", title: "event", run };
