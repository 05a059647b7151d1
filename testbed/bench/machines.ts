import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../src/lib/wait-for.ts";
import type { Sample } from "../src/samples.ts";
import type { Context, Measurement } from "./measurement.ts";
import { containerUsage, processes } from "./processes.ts";
import { milliseconds, number, SUMMARY_COLUMNS, spread, summaryCells } from "./report.ts";
import { summarize } from "./statistics.ts";
import { openVisitor, type Visitor } from "./visitor.ts";

const CLICKS_A_ROUND = 4;
const PORT = 80;
const TRY_MS = 1_000;
const ANSWER_MS = 40_000;
/** At rest at once; each a container of its own. */
const MACHINES = 20;
/** Whoever asked counts as somebody who looks for half a minute. */
const QUIET_MS = 45_000;
const IDLE_SECONDS = 60;

const CLICK_MEDIAN_MS = 2_500;
const CLICK_P95_MS = 3_500;
const RESTART_MEDIAN_MS = 2_500;
const MACHINE_MIB = 25;
const IDLE_PERCENT = 0.4;
const WATCHED_PERCENT = 1;
const NODE_MB = 75;

const workloadOf = (name: string): string => `name:${name}`;

async function startSample({ bed }: Context, name: string): Promise<Sample> {
  const networks = [bed.tailnet.network.name];
  const sample = await bed.samples.start({ name, http: PORT, expose: [], networks });
  await bed.api.waitFor(`${name} to be listed`, ({ workloads }) =>
    workloads.some(({ id, run }) => id === workloadOf(name) && run === "running"),
  );
  return sample;
}

async function live({ bed }: Context, name: string): Promise<void> {
  await bed.api.waitFor(
    `${name} to be a machine`,
    ({ workloads }) =>
      workloads.some(({ id, share }) => id === workloadOf(name) && share?.exposure.state === "live"),
    ANSWER_MS,
  );
}

/** Milliseconds from the click, and from the restart of its container, until another device has the first answer by the machine's name. */
interface Life {
  readonly click: number;
  readonly restart: number;
}

async function life(context: Context, visitor: Visitor, number: number): Promise<Life> {
  const { bed } = context;
  const name = `bench-machine-${bed.id}-${number}`;
  const sample = await startSample(context, name);
  // The full name: the bed's own network knows the container by the short one.
  const first = await visitor.visit(`${name}.tail.test`, [PORT], TRY_MS);
  const clicked = performance.now();
  await bed.api.putShare(workloadOf(name), { mode: "machine" });
  const click = (await first.answered(ANSWER_MS)) - clicked;
  await live(context, name);

  const restarted = performance.now();
  await bed.engine.docker(["restart", "-t", "0", sample.id]);
  const second = await visitor.visit(`${name}.tail.test`, [PORT], TRY_MS);
  const restart = (await second.answered(ANSWER_MS)) - restarted;
  await live(context, name);
  await bed.api.deleteShare(workloadOf(name));
  await bed.samples.remove(sample.id);
  return { click, restart };
}

interface Rest {
  /** MiB of each machine's container. */
  readonly machines: readonly number[];
  /** Percent of one core. */
  readonly backend: number;
  readonly everyMachine: number;
  readonly nodeMB: number;
  /** The backend's, while a panel waits for news. */
  readonly watched: number;
}

/** Follows the long poll as an open panel does, until it is told to stop. */
function openPanel({ bed }: Context): () => Promise<void> {
  let closed = false;
  const polling = (async () => {
    let revision: string | undefined;
    while (!closed) ({ revision } = await bed.api.snapshot(revision));
  })();
  return async () => {
    closed = true;
    await polling;
  };
}

async function rest(context: Context): Promise<Rest> {
  const { bed, signal } = context;
  const names = Array.from({ length: MACHINES }, (_, index) => `bench-rest-${bed.id}-${index}`);
  for (const name of names) await startSample(context, name);
  for (const name of names) await bed.api.putShare(workloadOf(name), { mode: "machine" });
  for (const name of names) await live(context, name);
  const containers = await waitFor(
    async () => {
      const list = await bed.engine.docker([
        "ps",
        "-q",
        "--no-trunc",
        "--filter",
        "label=tailnet-share.machine",
      ]);
      const ids = list.split("\n").filter((id) => id !== "");
      return ids.length === MACHINES ? ids : null;
    },
    { what: `${MACHINES} machines`, timeoutMs: 30_000, signal },
  );
  // What their log-in needed is over by then.
  await delay(QUIET_MS, undefined, { signal });
  const look = async () => ({
    backend: (await processes(bed.desktop.backend, "node")).cpuSeconds,
    machines: await Promise.all(containers.map(async (id) => await containerUsage(bed.engine, id))),
  });
  const cpu = ({ machines }: Awaited<ReturnType<typeof look>>): number =>
    machines.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const percent = (from: number, to: number): number => ((to - from) / IDLE_SECONDS) * 100;
  const rounds: Rest[] = [];
  for (let round = 0; round < context.rounds; round += 1) {
    const before = await look();
    await delay(IDLE_SECONDS * 1_000, undefined, { signal });
    const after = await look();
    rounds.push({
      machines: after.machines.map(({ memoryMiB }) => memoryMiB),
      backend: percent(before.backend, after.backend),
      everyMachine: percent(cpu(before), cpu(after)) / MACHINES,
      nodeMB: (await processes(bed.desktop.backend, "node")).residentMB,
      watched: Number.NaN,
    });
  }
  const watched: number[] = [];
  const close = openPanel(context);
  try {
    for (let round = 0; round < context.rounds; round += 1) {
      const before = await look();
      await delay(IDLE_SECONDS * 1_000, undefined, { signal });
      watched.push(percent(before.backend, (await look()).backend));
    }
  } finally {
    await close();
  }
  const median = (key: "backend" | "everyMachine" | "nodeMB") =>
    summarize(rounds.map((one) => one[key])).median;
  return {
    machines: rounds.at(-1)?.machines ?? [],
    ...{ backend: median("backend"), everyMachine: median("everyMachine"), nodeMB: median("nodeMB") },
    watched: summarize(watched).median,
  };
}

async function run(context: Context): Promise<Awaited<ReturnType<Measurement["run"]>>> {
  const { bed, rounds, steps, signal } = context;
  const authKey = await bed.tailnet.control.createAuthKey();
  await bed.api.patchSettings({ machineCredential: { kind: "auth-key", authKey } });
  const visitor = await openVisitor(bed);
  const lives: Life[] = [];
  try {
    for (let number = 0; number < rounds * CLICKS_A_ROUND; number += 1) {
      signal.throwIfAborted();
      lives.push(await life(context, visitor, number));
    }
  } finally {
    visitor.close();
  }
  const atRest = await steps.step(`${MACHINES} machines at rest`, () => rest(context));
  const click = summarize(lives.map((one) => one.click));
  const restart = summarize(lives.map((one) => one.restart));
  const memory = summarize(atRest.machines);
  return {
    tables: [
      {
        title: "A machine of its own: until another device has the first answer by its name",
        columns: ["from", ...SUMMARY_COLUMNS],
        rows: [
          ["the click", ...summaryCells(click)],
          ["`docker restart -t 0` of its container", ...summaryCells(restart)],
        ],
      },
      {
        title: `${MACHINES} machines at rest`,
        columns: ["what", "figure"],
        rows: [
          ["memory of a machine's container, MiB", spread(atRest.machines)],
          ["processor of a machine, % of a core", number(atRest.everyMachine)],
          ["processor of the backend's node, % of a core", number(atRest.backend)],
          ["the same with a panel open", number(atRest.watched)],
          ["memory of the backend's node, MB", number(atRest.nodeMB)],
        ],
      },
    ],
    notes: [
      "Machines log in anew for every click, by a reusable key. Of the time, some 1.9 s are the control server's: it answers a log-in and a first map after a second each.",
    ],
    verdicts: [
      {
        target: "click, median ≤ 2.5 s",
        figure: milliseconds(click.median),
        meets: click.median <= CLICK_MEDIAN_MS,
      },
      { target: "click, p95 ≤ 3.5 s", figure: milliseconds(click.p95), meets: click.p95 <= CLICK_P95_MS },
      {
        target: "restart, median ≤ 2.5 s",
        figure: milliseconds(restart.median),
        meets: restart.median <= RESTART_MEDIAN_MS,
      },
      {
        target: "idle machine ≤ 25 MiB",
        figure: `${number(memory.max)} MiB at most`,
        meets: memory.max <= MACHINE_MIB,
      },
      {
        target: `backend beside ${MACHINES} idle machines ≤ ${IDLE_PERCENT} % of a core`,
        figure: `${number(atRest.backend)} %`,
        meets: atRest.backend <= IDLE_PERCENT,
      },
      {
        target: `the same with a panel open ≤ ${WATCHED_PERCENT} %`,
        figure: `${number(atRest.watched)} %`,
        meets: atRest.watched <= WATCHED_PERCENT,
      },
      {
        target: `its memory ≤ ${NODE_MB} MB`,
        figure: `${number(atRest.nodeMB)} MB`,
        meets: atRest.nodeMB <= NODE_MB,
      },
    ],
    samples: { lives, atRest },
  };
}

export const machines: Measurement = { name: "machines", title: "machines", run };
