import { milliseconds, SUMMARY_COLUMNS, summaryCells } from "../bench/report.ts";
import { type Summary, summarize } from "../bench/statistics.ts";
import { type Bed, openBed } from "../src/bed.ts";
import { recordFile } from "../src/engine/call-record.ts";
import { openRecordedBed } from "../src/recorded-bed.ts";
import { readVolume } from "./actual-state.ts";
import { CRASH_POINT_ENVIRONMENT, MOMENTS, type Moment, openCrashPoints } from "./crash-point.ts";
import { type CrashRounds, createCrashRounds, type Round } from "./crash-rounds.ts";
import { leftovers } from "./leftovers.ts";
import type { Check, Part, PartResult, TortureContext } from "./part.ts";
import { AT_RANDOM, STEPS, type StepKind } from "./provoke.ts";
import { startContainers } from "./wanted-state.ts";

const BACK_MS = 10_000;
/** For each kind of step, at most this share of crashes may miss the step. */
const MOST_MISSED = 0.2;
/** Number of beds in parallel, each with its part of the rounds, because crash rounds mostly wait. */
const BEDS = 2;
/** Stops after this many, because further ones add nothing. */
const MOST_VIOLATIONS = 5;

/** Returns every step with its required count, cycling through the moments, in an order that the seed determines. */
function shuffledRounds({ random }: TortureContext): readonly Round[] {
  const steps = (Object.keys(STEPS) as StepKind[]).flatMap((step) =>
    Array.from({ length: STEPS[step] }, (_, index) => ({
      step,
      moment: MOMENTS[index % MOMENTS.length] ?? "before",
    })),
  );
  const atRandom = Array.from({ length: AT_RANDOM }, () => ({ step: null, moment: "within" as const }));
  return random.shuffled([...steps, ...atRandom]);
}

function report(
  { crashes, violations }: Pick<CrashRounds, "crashes" | "violations">,
  rounds: number,
): PartResult {
  const steps = Object.keys(STEPS) as StepKind[];
  const count = (step: StepKind, hit: Moment | null): number =>
    crashes.filter((candidate) => candidate.step === step && candidate.hit === hit).length;
  const missed = steps.filter((step) => count(step, null) > STEPS[step] * MOST_MISSED);
  const back = summarize(crashes.map(({ backMs }) => backMs));
  const seenByDevice = summarize(crashes.map(({ seenMs }) => seenMs));
  return {
    tables: [
      {
        title: "Where the backend was killed by SIGKILL",
        columns: ["step", ...MOMENTS, "not reached"],
        rows: [
          ...steps.map((step) => [step, ...[...MOMENTS, null].map((hit) => String(count(step, hit)))]),
          ["at random", "", String(crashes.filter(({ step }) => step === null).length), "", ""],
        ],
      },
      {
        title: "From its start until the state matched what is wanted",
        columns: ["", ...SUMMARY_COLUMNS],
        rows: [
          ["in the kernel, the engine and the panel", ...summaryCells(back)],
          ["and for another device", ...summaryCells(seenByDevice)],
        ],
      },
    ],
    checks: [
      {
        sentence: `${rounds} times the backend was killed in the middle of its work`,
        holds: crashes.length === rounds,
        figure: String(crashes.length),
      },
      {
        sentence: "it was killed at every kind of step, and seldom missed one",
        holds: missed.length === 0,
        figure: missed.length === 0 ? `${steps.length} kinds` : `too often not at ${missed.join(", ")}`,
      },
      {
        sentence: "after each start the actual state converges to the wanted one, and another device sees it",
        holds: violations.length === 0,
        figure: violations.length === 0 ? "each time" : `\n    ${violations.join("\n    ")}`,
      },
      withinLimit("it converges within 10 s", back),
      withinLimit("another device sees it within 10 s", seenByDevice),
    ],
  };
}

function withinLimit(sentence: string, { max }: Summary): Check {
  return { sentence, holds: max <= BACK_MS, figure: `the slowest ${milliseconds(max)}` };
}

interface CrashResults extends Pick<CrashRounds, "crashes" | "violations"> {
  /** Checks that nothing is left behind. */
  readonly tidy: readonly Check[];
}

async function crashRepeatedly(
  context: TortureContext,
  bed: Bed,
  rounds: readonly Round[],
  name: string,
): Promise<CrashResults> {
  const { steps, signal } = context;
  await bed.login();
  await bed.api.patchSettings({
    machineCredential: { kind: "auth-key", authKey: await bed.tailnet.control.createAuthKey() },
  });
  // After two hundred deaths in a row, the engine would wait a minute before each start.
  await bed.engine.docker(["update", "--restart=no", bed.desktop.backend.containerId]);
  const containers = await steps.step(`containers to share, ${name}`, () => startContainers(bed));
  const { installation } = await readVolume(bed);
  const crashPoints = await openCrashPoints(bed.engine, bed.id);
  const crashRounds = createCrashRounds({ bed, containers, crashPoints, installation, context });
  await crashRounds.settle();
  await steps.step(`kill the backend ${rounds.length} times, ${name}`, async (note) => {
    for (const [index, round] of rounds.entries()) {
      // Still reports everything found before the timeout.
      if (signal.aborted || crashRounds.violations.length >= MOST_VIOLATIONS) break;
      await crashRounds.round(round, index + 1);
    }
    note(`${crashRounds.crashes.length} times`);
  });
  const tidy = await steps.step(`tidy up, ${name}`, () => leftovers(bed, installation));
  return { crashes: crashRounds.crashes, violations: crashRounds.violations, tidy };
}

/** Merges checks by sentence. A merged check holds when it held on every bed. */
function mergedChecks(all: readonly Check[]): readonly Check[] {
  return [...new Set(all.map(({ sentence }) => sentence))].map((sentence) => {
    const same = all.filter((check) => check.sentence === sentence);
    const figures = new Set(same.map(({ figure }) => figure));
    return { sentence, holds: same.every(({ holds }) => holds), figure: [...figures].join("; ") };
  });
}

export const crash: Part = {
  name: "crash",
  title: "crash anywhere",
  async run(context) {
    const rounds = shuffledRounds(context);
    const results = await Promise.all(
      Array.from({ length: BEDS }, async (_, index) => {
        const part = rounds.filter((_round, position) => position % BEDS === index);
        return await onBed(context, part, `bed ${index + 1}`);
      }),
    );
    const { tables, checks } = report(
      {
        crashes: results.flatMap(({ crashes }) => crashes),
        violations: results.flatMap(({ violations }) => violations),
      },
      rounds.length,
    );
    return { tables, checks: [...checks, ...mergedChecks(results.flatMap(({ tidy }) => tidy))] };
  },
};

async function onBed(context: TortureContext, rounds: readonly Round[], name: string): Promise<CrashResults> {
  const { prerequisites, steps, random } = context;
  const { bed } = await steps.step(`a bed for 'crash', ${name}`, () =>
    openRecordedBed(
      prerequisites,
      (relayed) => openBed(relayed, { env: CRASH_POINT_ENVIRONMENT }),
      recordFile(`crash-${name.replace(" ", "-")}`),
    ),
  );
  try {
    return await crashRepeatedly({ ...context, random: random.fork(name) }, bed, rounds, name);
  } catch (error) {
    steps.say((await bed.desktop.backend.logs()).slice(-4_000));
    throw error;
  } finally {
    await steps.step(`clean up, ${name}`, () => bed.close());
  }
}
