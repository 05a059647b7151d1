import type { Bed } from "../src/bed.ts";
import type { Steps } from "../src/lib/steps.ts";
import type { ControlServer } from "../src/tailnet/control-server.ts";
import type { LoginServer } from "../src/tailnet/login-server.ts";
import type { TestControl } from "../src/tailnet/test-control.ts";

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Verdict {
  /** The target, e.g. `median ≤ 0.5 s`. */
  readonly target: string;
  readonly figure: string;
  readonly meets: boolean;
}

export interface Outcome {
  readonly tables: readonly Table[];
  readonly verdicts: readonly Verdict[];
  /** Background needed to interpret the figures. */
  readonly notes: readonly string[];
  /** Every single value, for independent analysis. */
  readonly samples: unknown;
}

export interface Context<Control extends LoginServer = ControlServer> {
  /** Reserved for this measurement, logged in. Its leftovers are removed with the bed. */
  readonly bed: Bed<Control>;
  /** Tag of the image that loads are aimed at. */
  readonly targetImage: string;
  readonly rounds: number;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

interface Named {
  /** The name for `--only`. */
  readonly name: string;
  /** Time limit in minutes, on top of the rounds' own. After it, the measurement is aborted and counts as failed. */
  readonly minutes: number;
  /** Minutes per round. */
  readonly minutesARound: number;
}

/** `control`: the kind of control server in its bed. */
export type Measurement = Named &
  (
    | { readonly control: "headscale"; run(context: Context): Promise<Outcome> }
    | { readonly control: "testcontrol"; run(context: Context<TestControl>): Promise<Outcome> }
  );

/** The node's device name in every measurement. */
export const NODE_NAME = "docker";
