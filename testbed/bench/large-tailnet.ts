import { Logs } from "@tailnet-share/contract/operations";
import type { Bed } from "../src/bed.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import type { TestControl } from "../src/tailnet/test-control.ts";
import { idle, idleMedians, idleTable } from "./idle.ts";
import { untilQuiet } from "./idle-windows.ts";
import type { Context, Measurement, Outcome } from "./measurement.ts";
import { milliseconds, number, SUMMARY_COLUMNS, summaryCells } from "./report.ts";
import { summarize } from "./statistics.ts";

/** Number of other devices while the backend is idle, and while its log is read. */
const AT_REST = 3_000;
const AT_LOGS = 5_000;
const READS_A_ROUND = 4;

const IDLE_PERCENT = 0.3;
const NODE_MB = 75;
const LOGS_MS = 200;

async function addDevices({ tailnet, desktop }: Bed<TestControl>, count: number, all: number): Promise<void> {
  await tailnet.control.addStrangers(count);
  await waitFor(
    async () => (await desktop.backend.exec(["tailscale", "status"])).stdout.split("\n").length > all,
    { what: `the node to know ${all} devices`, timeoutMs: 60_000 },
  );
}

async function shareOne({ samples, api, id }: Bed<TestControl>): Promise<void> {
  const name = `bench-large-${id}`;
  await samples.start({ name, http: 8080 });
  const workload = `name:${name}`;
  await api.waitFor(`${name} to be listed`, ({ workloads }) =>
    workloads.some((candidate) => candidate.id === workload),
  );
  await api.putShare(workload);
  await api.waitFor("the share to be live", ({ workloads }) =>
    workloads.some((candidate) => candidate.id === workload && candidate.share?.exposure.state === "live"),
  );
}

/** Milliseconds until the whole answer to `GET /logs` has arrived. */
async function logs({ api }: Bed<TestControl>): Promise<number> {
  const began = performance.now();
  const answer = await api.raw({ method: "GET", url: "/logs" });
  const took = performance.now() - began;
  Logs.parse(answer);
  return took;
}

async function run({ bed, rounds, steps, signal }: Context<TestControl>): Promise<Outcome> {
  await shareOne(bed);
  await steps.step(`${AT_REST} devices`, () => addDevices(bed, AT_REST, AT_REST));
  const atRest = await steps.step("nobody watches, and nothing happens", async () => {
    await untilQuiet(signal);
    return await idle(bed, { rounds, signal });
  });
  await steps.step(`${AT_LOGS} devices`, () => addDevices(bed, AT_LOGS - AT_REST, AT_LOGS));
  const reads: number[] = [];
  for (let read = 0; read < rounds * READS_A_ROUND; read += 1) {
    signal.throwIfAborted();
    reads.push(await logs(bed));
  }
  const resting = idleMedians(atRest);
  const read = summarize(reads);
  return {
    tables: [
      idleTable(`The backend with ${AT_REST} other devices, one share, nobody watching: medians`, resting),
      {
        title: `${AT_LOGS} devices`,
        columns: ["what", ...SUMMARY_COLUMNS],
        rows: [["answer to GET /logs", ...summaryCells(read)]],
      },
    ],
    notes: ["Nobody runs the other devices; Tailscale's test control server says that they are there."],
    verdicts: [
      {
        target: `backend with ${AT_REST} other devices ≤ ${IDLE_PERCENT} % of a core`,
        figure: `${number(resting.node)} %; tailscaled ${number(resting.tailscaled)} %`,
        meets: resting.node <= IDLE_PERCENT,
      },
      {
        target: `its memory ≤ ${NODE_MB} MB`,
        figure: `${number(resting.nodeMB)} MB`,
        meets: resting.nodeMB <= NODE_MB,
      },
      {
        target: `GET /logs with ${AT_LOGS} other devices ≤ ${LOGS_MS} ms, median`,
        figure: `${milliseconds(read.median)}, at most ${milliseconds(read.max)}`,
        meets: read.median <= LOGS_MS,
      },
    ],
    samples: { atRest, reads },
  };
}

export const largeTailnet: Measurement = {
  name: "tailnet",
  minutes: 5,
  minutesARound: 0.8,
  control: "testcontrol",
  run,
};
