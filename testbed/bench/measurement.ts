import type { Bed } from "../src/bed.ts";
import type { Steps } from "../src/lib/steps.ts";

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Verdict {
  /** What is asked for, e.g. `median ≤ 0.5 s`. */
  readonly target: string;
  readonly figure: string;
  readonly meets: boolean;
}

export interface Outcome {
  readonly tables: readonly Table[];
  readonly verdicts: readonly Verdict[];
  /** What has to be known to read the figures. */
  readonly notes: readonly string[];
  /** Every single value, for whoever wants to count anew. */
  readonly samples: unknown;
}

export interface Context {
  /** Of this measurement alone, logged in. What the measurement leaves goes with it. */
  readonly bed: Bed;
  /** Tag of the image that loads are aimed at. */
  readonly targetImage: string;
  readonly rounds: number;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

export interface Measurement {
  readonly name: string;
  readonly title: string;
  run(context: Context): Promise<Outcome>;
}

/** The device name that the node has in every measurement. */
export const NODE_NAME = "docker";
