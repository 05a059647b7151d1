import type { Table } from "../bench/measurement.ts";
import type { Prerequisites } from "../src/bed.ts";
import type { Steps } from "../src/lib/steps.ts";
import type { Random } from "./random.ts";

/** A claim, as a sentence, and whether it held. */
export interface Check {
  readonly sentence: string;
  readonly holds: boolean;
  /** The count or measurement behind it. */
  readonly figure: string;
}

export interface PartResult {
  readonly tables: readonly Table[];
  readonly checks: readonly Check[];
}

export interface TortureContext {
  readonly prerequisites: Prerequisites;
  /** The source of every random choice of a part, so that a seed reproduces them. */
  readonly random: Random;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

/** A way to stress the product. Rejects when it could not run. */
export interface Part {
  readonly name: string;
  readonly title: string;
  run(context: TortureContext): Promise<PartResult>;
}
