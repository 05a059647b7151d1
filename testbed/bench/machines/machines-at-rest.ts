import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../../src/lib/wait-for.ts";
import { percent, untilQuiet, type Windows, windows } from "../idle-windows.ts";
import type { Context } from "../measurement.ts";
import { containerUsage, processes } from "../processes.ts";
import { summarize } from "../statistics.ts";
import { openVisitor } from "../visitor.ts";
import { live, PORT, startSample, workloadOf } from "./machine-shares.ts";

/** Number of machines, each in its own container. */
export const MACHINES = 20;
const WINDOW_SECONDS = 60;
/** A panel polls every ten seconds. */
const WATCHED_SECONDS = 30;
/** A day in miniature: its hours, and how long a panel is open in each. */
const HOURS = 12;
const PANEL_MS = 2_000;
const CHECKED_AN_HOUR = 2;
const ANSWER_MS = 20_000;

export interface AtRest {
  /** MiB of each machine's container, before and after a day in miniature. */
  readonly machines: readonly number[];
  readonly afterDay: readonly number[];
  /** Percent of one core, one value for each window: of the backend's node, of one machine, of the node while a panel is open. */
  readonly backend: readonly number[];
  readonly machine: readonly number[];
  readonly watched: readonly number[];
  readonly nodeMB: number;
}

/** Follows the long poll as an open panel does. Call the returned function to stop. */
function openPanel({ bed }: Context): () => Promise<void> {
  let closed = false;
  const polling = (async () => {
    let revision: string | undefined;
    while (!closed) ({ revision } = await bed.api.snapshot(revision));
  })();
  polling.catch(() => undefined);
  return async () => {
    closed = true;
    await polling;
  };
}

async function machineContainers({ bed, signal }: Context): Promise<readonly string[]> {
  return await waitFor(
    async () => {
      const filter = ["--filter", "label=tailnet-share.machine"];
      const list = await bed.engine.docker(["ps", "-q", "--no-trunc", ...filter]);
      const ids = list.split("\n").filter((id) => id !== "");
      return ids.length === MACHINES ? ids : null;
    },
    { what: `${MACHINES} machines`, timeoutMs: 30_000, signal },
  );
}

/** Runs visits, checks and an open panel, which cause traffic between machines and backend as on a day with many clients. */
async function liveADay(context: Context, names: readonly string[]): Promise<void> {
  const { bed, signal } = context;
  const visitor = await openVisitor(bed);
  try {
    for (let hour = 0; hour < HOURS; hour += 1) {
      for (const name of names) {
        const visit = await visitor.visit(`${name}.tail.test`, [PORT], 1_000);
        await visit.answered(ANSWER_MS);
      }
      const close = openPanel(context);
      const first = (hour * CHECKED_AN_HOUR) % names.length;
      for (const name of names.slice(first, first + CHECKED_AN_HOUR)) await bed.api.check(workloadOf(name));
      await delay(PANEL_MS, undefined, { signal });
      await close();
    }
  } finally {
    visitor.close();
  }
}

export async function machinesAtRest(context: Context): Promise<AtRest> {
  const { bed, steps, signal, rounds } = context;
  const names = Array.from({ length: MACHINES }, (_, index) => `bench-rest-${bed.id}-${index}`);
  await steps.step(`start ${MACHINES} machines`, async () => {
    for (const name of names) await startSample(context, name);
    for (const name of names) await bed.api.putShare(workloadOf(name), { mode: "machine" });
    for (const name of names) await live(context, name);
  });
  const containers = await machineContainers(context);
  const usages = async () => await Promise.all(containers.map((id) => containerUsage(bed.engine, id)));
  const memory = async () => (await usages()).map(({ memoryMiB }) => memoryMiB);
  const look = async () => ({
    backend: (await processes(bed.desktop.backend, "node")).cpuSeconds,
    machines: (await usages()).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  });
  const options: Omit<Windows, "seconds"> = { rounds, signal };
  await untilQuiet(signal);
  const resting = await windows(look, { ...options, seconds: WINDOW_SECONDS });
  const machines = await memory();
  const { residentMB: nodeMB } = await processes(bed.desktop.backend, "node");
  const close = openPanel(context);
  const watched = await windows(look, { ...options, seconds: WATCHED_SECONDS }).finally(close);
  await steps.step("a day in miniature", () => liveADay(context, names));
  await untilQuiet(signal);
  return {
    machines,
    afterDay: await memory(),
    backend: resting.map(({ before, after }) => percent(before.backend, after.backend, WINDOW_SECONDS)),
    machine: resting.map(
      ({ before, after }) => percent(before.machines, after.machines, WINDOW_SECONDS) / MACHINES,
    ),
    watched: watched.map(({ before, after }) => percent(before.backend, after.backend, WATCHED_SECONDS)),
    nodeMB,
  };
}

export function medianOf(values: readonly number[]): number {
  return summarize(values).median;
}
