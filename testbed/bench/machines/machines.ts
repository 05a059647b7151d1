import type { Context, Measurement, Outcome, Table, Verdict } from "../measurement.ts";
import { milliseconds, number, SUMMARY_COLUMNS, spread, summaryCells } from "../report.ts";
import { type Summary, summarize } from "../statistics.ts";
import { openVisitor, type Visitor } from "../visitor.ts";
import { live, PORT, startSample, workloadOf } from "./machine-shares.ts";
import { MACHINES, machinesAtRest, medianOf } from "./machines-at-rest.ts";

const CLICKS_A_ROUND = 2;
const TRY_MS = 1_000;
const ANSWER_MS = 40_000;

const CLICK_MEDIAN_MS = 2_500;
const CLICK_P95_MS = 3_500;
const RESTART_MEDIAN_MS = 2_500;
const MACHINE_MIB = 25;
/** Garbage that a Go program has not yet returned. */
const MORE_MIB = 2;
const IDLE_PERCENT = 0.4;
const WATCHED_PERCENT = 1;
const NODE_MB = 75;

/** Milliseconds from the click, and from the restart of its container, until another device receives an answer by the machine's name. */
interface Life {
  readonly click: number;
  readonly restart: number;
}

async function life(context: Context, visitor: Visitor, number: number): Promise<Life> {
  const { bed } = context;
  const name = `bench-machine-${bed.id}-${number}`;
  const sample = await startSample(context, name);
  // The full name: on the bed's own network, the short name resolves to the container.
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

async function run(context: Context): Promise<Outcome> {
  const { bed, steps } = context;
  const authKey = await bed.tailnet.control.createAuthKey();
  await bed.api.patchSettings({ machineCredential: { kind: "auth-key", authKey } });
  const lives = await measureLives(context);
  const atRest = await steps.step(`${MACHINES} machines at rest`, () => machinesAtRest(context));
  const click = summarize(lives.map((life) => life.click));
  const restart = summarize(lives.map((life) => life.restart));
  return {
    tables: [livesTable(click, restart), restTable(atRest)],
    notes: [
      "Machines log in again for every click, by a reusable key. The control server takes about 1.9 s of the time: it answers a login and a first map after a second each.",
    ],
    verdicts: [...lifeVerdicts(click, restart), ...memoryVerdicts(atRest), ...backendVerdicts(atRest)],
    samples: { lives, atRest },
  };
}

async function measureLives(context: Context): Promise<readonly Life[]> {
  const { bed, rounds, signal } = context;
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
  return lives;
}

type AtRest = Awaited<ReturnType<typeof machinesAtRest>>;

function livesTable(click: Summary, restart: Summary): Table {
  return {
    title: "A machine of its own: until another device has the first answer by its name",
    columns: ["from", ...SUMMARY_COLUMNS],
    rows: [
      ["the click", ...summaryCells(click)],
      ["`docker restart -t 0` of its container", ...summaryCells(restart)],
    ],
  };
}

function restTable(atRest: AtRest): Table {
  return {
    title: `${MACHINES} machines at rest`,
    columns: ["what", "figure"],
    rows: [
      ["memory of a machine's container, MiB", spread(atRest.machines)],
      ["the same after a day in miniature", spread(atRest.afterDay)],
      ["processor of a machine, % of a core", spread(atRest.machine)],
      ["processor of the backend's node, % of a core", spread(atRest.backend)],
      ["the same with a panel open", spread(atRest.watched)],
      ["memory of the backend's node, MB", number(atRest.nodeMB)],
    ],
  };
}

function lifeVerdicts(click: Summary, restart: Summary): readonly Verdict[] {
  return [
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
  ];
}

function memoryVerdicts(atRest: AtRest): readonly Verdict[] {
  const memory = summarize(atRest.machines);
  const afterDay = summarize(atRest.afterDay);
  return [
    {
      target: "idle machine ≤ 25 MiB",
      figure: `${number(memory.max)} MiB at most`,
      meets: memory.max <= MACHINE_MIB,
    },
    {
      target: `the same after a day in miniature, within ${MORE_MIB} MiB`,
      figure: `${number(afterDay.median)} MiB after ${number(memory.median)} MiB, at most ${number(afterDay.max)} MiB`,
      meets: afterDay.median - memory.median <= MORE_MIB && afterDay.max <= MACHINE_MIB,
    },
  ];
}

function backendVerdicts(atRest: AtRest): readonly Verdict[] {
  const backend = medianOf(atRest.backend);
  const watched = medianOf(atRest.watched);
  return [
    {
      target: `backend with ${MACHINES} idle machines ≤ ${IDLE_PERCENT} % of a core`,
      figure: `${number(backend)} %`,
      meets: backend <= IDLE_PERCENT,
    },
    {
      target: `the same with a panel open ≤ ${WATCHED_PERCENT} %`,
      figure: `${number(watched)} %`,
      meets: watched <= WATCHED_PERCENT,
    },
    {
      target: `its memory ≤ ${NODE_MB} MB`,
      figure: `${number(atRest.nodeMB)} MB`,
      meets: atRest.nodeMB <= NODE_MB,
    },
  ];
}

export const machines: Measurement = {
  name: "machines",
  minutes: 9,
  minutesARound: 1.5,
  control: "headscale",
  run,
};
