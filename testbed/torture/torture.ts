import { formatTable, number } from "../bench/report.ts";
import type { Steps } from "../src/lib/steps.ts";
import { openPrerequisites } from "../src/prerequisites.ts";
import { compose } from "./compose.ts";
import { crash } from "./crash.ts";
import { day } from "./day.ts";
import { firstVisits } from "./first-visits.ts";
import { load } from "./load.ts";
import { outage } from "./outage.ts";
import type { Check, Part } from "./part.ts";
import { createRandom } from "./random.ts";

/** Runs lines one after another, and the parts of one line concurrently, because one of them mostly waits. */
const SEQUENCE: readonly (readonly Part[])[] = [[outage, crash], [load], [compose], [firstVisits], [day]];
export const PART_NAMES: readonly string[] = SEQUENCE.flat().map(({ name }) => name);

/** Excludes preparing the engine and images, which takes long on a new machine. After this, no new round starts and clean-up begins. */
const ENOUGH_MINUTES = 58;
/** Hard limit, in case anything hangs. */
const LIMIT_MINUTES = 60;

export interface TortureOptions {
  readonly seed: number;
  readonly only: readonly string[];
  readonly signal: AbortSignal;
}

/** Leftovers carry this process's ID, and the next run removes them. */
function giveUp(steps: Steps, seed: number): void {
  steps.say(`✗ not ended within ${LIMIT_MINUTES} minutes, with the seed ${seed}`);
  process.exit(1);
}

function line({ sentence, holds, figure }: Check): string {
  return `  ${holds ? "holds   " : "VIOLATED"}  ${sentence}: ${figure}`;
}

/**
 * Runs the parts and prints figures and checks. Rejects, after all of them, when a check failed, a part
 * could not run, or the time was over.
 */
export async function torture(steps: Steps, { seed, only, signal }: TortureOptions): Promise<void> {
  const prerequisites = await openPrerequisites(steps, { composes: true });
  const began = performance.now();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ENOUGH_MINUTES * 60_000)]);
  setTimeout(giveUp, LIMIT_MINUTES * 60_000, steps, seed).unref();
  steps.say(`Seed ${seed}: \`npm run torture -- --seed ${seed}\` draws the same again.`);
  const failed: string[] = [];
  const runPart = async (part: Part): Promise<void> => {
    try {
      limit.throwIfAborted();
      const random = createRandom(seed, part.name);
      const { tables, checks } = await part.run({ prerequisites, random, steps, signal: limit });
      signal.throwIfAborted();
      steps.say(
        ["", ...tables.map((table) => `${formatTable(table)}\n`), ...checks.map(line), ""].join("\n"),
      );
      failed.push(...checks.filter(({ holds }) => !holds).map(({ sentence }) => `${part.name}: ${sentence}`));
    } catch (error) {
      signal.throwIfAborted();
      const why = limit.aborted
        ? `not ended within ${ENOUGH_MINUTES} minutes`
        : error instanceof Error
          ? error.message
          : String(error);
      failed.push(`${part.name}: ${why}`);
      steps.say(`✗ ${part.title}: ${why}`);
    }
  };
  for (const parts of SEQUENCE)
    await Promise.all(parts.filter(({ name }) => only.includes(name)).map(runPart));
  steps.say(`Took ${number((performance.now() - began) / 60_000)} minutes, with the seed ${seed}.`);
  if (failed.length > 0) throw new Error(`these checks did not hold:\n  ${failed.join("\n  ")}`);
}
