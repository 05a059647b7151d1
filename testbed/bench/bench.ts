import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Bed, openBed, openTailscaleBed, type Prerequisites } from "../src/bed.ts";
import type { Steps } from "../src/lib/steps.ts";
import { openPrerequisites } from "../src/prerequisites.ts";
import type { LoginServer } from "../src/tailnet/login-server.ts";
import { clickMeasurement } from "./click.ts";
import { event } from "./events/event.ts";
import { describeMachine, load, type Machine, machineTable } from "./host.ts";
import { largeTailnet } from "./large-tailnet.ts";
import { machines } from "./machines/machines.ts";
import { type Context, type Measurement, NODE_NAME, type Outcome } from "./measurement.ts";
import { panel } from "./panel/panel.ts";
import { paths } from "./paths/paths.ts";
import { formatOutcome, formatTable, number } from "./report.ts";
import { scale } from "./scale.ts";

const MEASUREMENTS: readonly Measurement[] = [
  clickMeasurement,
  machines,
  event,
  panel,
  paths,
  scale,
  largeTailnet,
];
export const MEASUREMENT_NAMES: readonly string[] = MEASUREMENTS.map(({ name }) => name);

/** Time limit for creating and removing a bed. */
const BED_MINUTES = 1;

const ARTIFACTS = fileURLToPath(new URL("../../.artifacts/", import.meta.url));

interface Result extends Outcome {
  readonly name: string;
  /** The machine's load before and after. */
  readonly load: readonly [number, number];
}

interface Options {
  readonly rounds: number;
  readonly only: readonly string[];
  readonly signal: AbortSignal;
}

/** The context of `measure`, and where it reports each result at once, so that a failing clean-up loses no figures. */
interface Surroundings {
  readonly prerequisites: Prerequisites;
  readonly targetImage: string;
  readonly options: Options;
  readonly steps: Steps;
  readonly onMachine: (machine: Machine) => void;
  readonly onResult: (result: Result) => void;
}

/** Time limit of a measurement in minutes, excluding its bed. */
function mostMinutes({ minutes, minutesARound }: Measurement, rounds: number): number {
  return minutes + minutesARound * rounds;
}

/** Gives each measurement its own bed, so that no leftovers slow down the next. */
async function measure(measurement: Measurement, surroundings: Surroundings): Promise<void> {
  if (measurement.control === "headscale")
    await measureIn(measurement, openBed, surroundings, async (context) => await measurement.run(context));
  else
    await measureIn(
      measurement,
      openTailscaleBed,
      surroundings,
      async (context) => await measurement.run(context),
    );
}
async function measureIn<Control extends LoginServer>(
  measurement: Measurement,
  open: (prerequisites: Prerequisites) => Promise<Bed<Control>>,
  { prerequisites, targetImage, steps, options, onMachine, onResult }: Surroundings,
  run: (context: Context<Control>) => Promise<Outcome>,
): Promise<void> {
  const { name } = measurement;
  const { rounds } = options;
  const before = load();
  const bed = await steps.step(`a bed for '${name}'`, () => open(prerequisites));
  try {
    options.signal.throwIfAborted();
    await bed.login(NODE_NAME);
    onMachine(await describeMachine(bed));
    const timeout = AbortSignal.timeout(Math.round(mostMinutes(measurement, rounds) * 60_000));
    const signal = AbortSignal.any([options.signal, timeout]);
    const context = { bed, targetImage, rounds, steps, signal };
    const outcome = await steps.step(`measure '${name}'`, () =>
      Promise.race([run(context), rejected(signal)]),
    );
    onResult({ name, load: [before, load()], ...outcome });
  } catch (error) {
    if (!options.signal.aborted) steps.say((await bed.desktop.backend.logs()).slice(-3_000));
    throw error;
  } finally {
    await steps.step("clean up", () => bed.close());
  }
}

/** Rejects when the signal aborts. */
async function rejected(signal: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => {
    const end = (): void => reject(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}

/**
 * Measures, prints tables, and writes every value to `.artifacts/bench.json`. A figure below its target is a result, not an
 * error. A failed measurement is an error, reported after the others have run.
 */
export async function bench(steps: Steps, options: Options): Promise<void> {
  const { rounds, only, signal } = options;
  const chosen = MEASUREMENTS.filter(({ name }) => only.includes(name));
  const most = chosen.reduce((sum, measurement) => sum + mostMinutes(measurement, rounds) + BED_MINUTES, 0);
  steps.say(`At most ${Math.ceil(most)} minutes, once engine and images are there.`);
  const prerequisites = await openPrerequisites(steps, {
    browser: only.includes(panel.name),
    testControl: chosen.some(({ control }) => control === "testcontrol"),
    benchTarget: true,
  });
  const { engine, images } = prerequisites;
  const { benchTarget: targetImage } = images;
  if (targetImage === null) throw new Error("the image of the benchmark's target was not built");
  if (engine.namespace !== null && !(await engine.namespace.entered()))
    throw new Error(
      "this engine's containers are reached from its own network namespace: see CONTRIBUTING.md",
    );
  const results: Result[] = [];
  const failed: string[] = [];
  let machine: Machine | null = null;
  const surroundings: Surroundings = {
    prerequisites,
    targetImage,
    options,
    steps,
    onMachine(found) {
      machine = found;
    },
    onResult(result) {
      results.push(result);
      steps.say(`\n${formatOutcome(result)}`);
    },
  };
  for (const measurement of chosen) {
    try {
      await measure(measurement, surroundings);
    } catch (error) {
      signal.throwIfAborted();
      failed.push(measurement.name);
      steps.say(`✗ '${measurement.name}': ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (machine !== null) steps.say(formatTable(machineTable(machine, rounds)));
  steps.say(
    `Load of the machine (running processes; it should be idle before): ${results.map((result) => `${result.name} ${result.load.map(number).join(" → ")}`).join(", ")}`,
  );
  await mkdir(ARTIFACTS, { recursive: true });
  const file = `${ARTIFACTS}bench.json`;
  await writeFile(file, `${JSON.stringify({ at: new Date(), machine, rounds, results }, null, 2)}\n`);
  steps.say(`Every value: ${file}`);
  if (failed.length > 0) throw new Error(`could not be measured: ${failed.join(", ")}`);
}
