import type { Table } from "../bench/measurement.ts";
import type { Prerequisites } from "../src/bed.ts";
import type { Steps } from "../src/lib/steps.ts";
import type { Random } from "./random.ts";

/** One claim, as a sentence, and whether it held. */
export interface Check {
  readonly sentence: string;
  readonly holds: boolean;
  /** What was counted or measured for it. */
  readonly figure: string;
}

export interface PartResult {
  readonly tables: readonly Table[];
  readonly checks: readonly Check[];
}

export interface TortureContext {
  readonly prerequisites: Prerequisites;
  /** Every choice that a part makes comes from here, so that its seed brings the same ones again. */
  readonly random: Random;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

/** One way of being hard on the product. Rejects where it could not be carried out. */
export interface Part {
  readonly name: string;
  readonly title: string;
  run(context: TortureContext): Promise<PartResult>;
}
