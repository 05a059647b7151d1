import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openBed, type Prerequisites } from "../src/bed.ts";
import { buildBedImage } from "../src/images/bed-images.ts";
import type { Steps } from "../src/lib/steps.ts";
import { openPrerequisites } from "../src/prerequisites.ts";
import { clickMeasurement } from "./click.ts";
import { event } from "./event.ts";
import { describeMachine, load, type Machine, machineTable } from "./machine.ts";
import { machines } from "./machines.ts";
import { type Measurement, NODE_NAME, type Outcome } from "./measurement.ts";
import { panel } from "./panel.ts";
import { paths } from "./paths.ts";
import { formatOutcome, formatTable, number } from "./report.ts";
import { scale } from "./scale.ts";

const MEASUREMENTS: readonly Measurement[] = [clickMeasurement, machines, event, panel, paths, scale];
export const MEASUREMENT_NAMES: readonly string[] = MEASUREMENTS.map(({ name }) => name);

const ARTIFACTS = fileURLToPath(new URL("../../.artifacts/", import.meta.url));

interface Result extends Outcome {
  readonly name: string;
  /** Of the machine, before and after. */
  readonly load: readonly [number, number];
}

interface Options {
  readonly rounds: number;
  readonly only: readonly string[];
  readonly signal: AbortSignal;
}

/** What `measure` needs, and whom it tells: at once, so that a failing clean-up loses no figures. */
interface Place {
  readonly prerequisites: Prerequisites;
  readonly targetImage: string;
  readonly options: Options;
  readonly steps: Steps;
  readonly onMachine: (machine: Machine) => void;
  readonly onResult: (result: Result) => void;
}

/** Each measurement gets a bed of its own: what one leaves behind must not slow the next. */
async function measure(measurement: Measurement, place: Place): Promise<void> {
  const { prerequisites, targetImage, steps } = place;
  const { rounds, signal } = place.options;
  const { name } = measurement;
  const before = load();
  const bed = await steps.step(`a bed for '${name}'`, () => openBed(prerequisites));
  try {
    signal.throwIfAborted();
    await bed.login(NODE_NAME);
    place.onMachine(await describeMachine(bed));
    const context = { bed, targetImage, rounds, steps, signal };
    const outcome = await steps.step(`measure '${name}'`, () => measurement.run(context));
    place.onResult({ name, load: [before, load()], ...outcome });
  } catch (error) {
    if (!signal.aborted) steps.say((await bed.desktop.backend.logs()).slice(-3_000));
    throw error;
  } finally {
    await steps.step("clean up", () => bed.close());
  }
}

/**
 * Measures, prints tables, and writes every value to `.artifacts/bench.json`. A figure that falls short is a result and no
 * error; a measurement that could not be made is one, after the others were made.
 */
export async function bench(steps: Steps, options: Options): Promise<void> {
  const { rounds, only, signal } = options;
  const prerequisites = await openPrerequisites(steps, { browser: true });
  const { engine, images } = prerequisites;
  const targetImage = await buildBedImage(engine, "bench-target", [`DEBIAN_IMAGE=${images.debian}`], steps);
  const results: Result[] = [];
  const failed: string[] = [];
  let machine: Machine | null = null;
  const place: Place = {
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
  for (const measurement of MEASUREMENTS.filter(({ name }) => only.includes(name))) {
    try {
      await measure(measurement, place);
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
