import { spawn } from "node:child_process";
import { milliseconds, SUMMARY_COLUMNS, summaryCells } from "../bench/report.ts";
import { summarize } from "../bench/statistics.ts";
import { type Bed, openBed } from "../src/bed.ts";
import { liveAt } from "../src/compose-rounds.ts";
import type { Part, TortureContext } from "./part.ts";

const ROUNDS = 200;
const LOOPS = 3;
/** Time limit of a busy loop that holds even if this process dies. Milliseconds. */
const LOOP_MS = 1_200_000;
/** Below TCP's second retry, after three seconds, and a handshake's, after five. Milliseconds. */
const FIRST_ANSWER_MS = 2_500;
const VISIT_MS = 20_000;
const PORT = 8080;

interface Visit {
  readonly ms: number;
  readonly answered: boolean;
  readonly said: string;
}

/** Makes the node a new device of the tailnet, as in the first log-in on a new computer. */
async function registerAgain(bed: Bed): Promise<void> {
  await bed.api.logout();
  const { control } = bed.tailnet;
  for (const { id, name } of await control.listNodes()) if (name !== "phone") await control.deleteNode(id);
  await bed.login();
}

/** The first visit of a device to the node that has just logged in, from the moment when its row is live. */
async function firstVisit(bed: Bed, workload: string): Promise<Visit> {
  await registerAgain(bed);
  const { href } = await liveAt(bed, workload);
  const began = performance.now();
  const answer = await bed.peer.fetch(href, { timeoutMs: VISIT_MS });
  const ms = Math.round(performance.now() - began);
  return answer.ok
    ? { ms, answered: answer.status === 200, said: `status ${answer.status}` }
    : { ms, answered: false, said: `${answer.reason}: ${answer.detail}` };
}

async function visits({ signal }: TortureContext, bed: Bed): Promise<readonly Visit[]> {
  const name = `first-${bed.id}`;
  const workload = `name:${name}`;
  await bed.login();
  await bed.samples.start({ name, http: PORT });
  await bed.api.waitFor(workload, ({ workloads }) => workloads.some(({ id }) => id === workload));
  await bed.api.putShare(workload, { mode: "node", ports: [{ port: PORT, protocol: "tcp" }] });
  const busy = Array.from({ length: LOOPS }, () =>
    spawn("sh", ["-c", "while :; do :; done"], { stdio: "ignore", timeout: LOOP_MS, killSignal: "SIGKILL" }),
  );
  const all: Visit[] = [];
  try {
    while (all.length < ROUNDS && !signal.aborted) all.push(await firstVisit(bed, workload));
  } finally {
    for (const loop of busy) loop.kill("SIGKILL");
  }
  return all;
}

export const firstVisits: Part = {
  name: "first-visits",
  title: "the first visit after the first log-in",
  async run(context) {
    const { prerequisites, steps, signal } = context;
    const bed = await steps.step("a bed for 'first-visits'", () => openBed(prerequisites));
    try {
      const all = await steps.step(
        `${ROUNDS} first visits beside ${LOOPS} busy loops`,
        async () => await visits(context, bed),
      );
      signal.throwIfAborted();
      const slow = all.filter(({ ms, answered }) => !answered || ms > FIRST_ANSWER_MS);
      const slowest = Math.max(...all.map(({ ms }) => ms));
      return {
        tables: [
          {
            title: "From the row that says 'Shared' to the first answer",
            columns: ["", ...SUMMARY_COLUMNS],
            rows: [[`${LOOPS} busy loops`, ...summaryCells(summarize(all.map(({ ms }) => ms)))]],
          },
        ],
        checks: [
          {
            sentence: `the first visit of a device is answered within ${FIRST_ANSWER_MS} ms, ${ROUNDS} times in a row`,
            holds: all.length === ROUNDS && slow.length === 0,
            figure: `${all.length - slow.length}, the slowest ${milliseconds(slowest)}${slow[0] === undefined ? "" : `; ${slow.map(({ ms, said }) => `${said} after ${ms} ms`).join(", ")}`}`,
          },
        ],
      };
    } finally {
      await steps.step("clean up the bed for 'first-visits'", () => bed.close());
    }
  },
};
