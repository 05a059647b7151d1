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

export interface Context<Control extends LoginServer = ControlServer> {
  /** Of this measurement alone, logged in. What the measurement leaves goes with it. */
  readonly bed: Bed<Control>;
  /** Tag of the image that loads are aimed at. */
  readonly targetImage: string;
  readonly rounds: number;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

interface Named {
  /** What `--only` takes. */
  readonly name: string;
  /** It is ended, and counts as not made, after this many minutes on top of those that its rounds take. */
  readonly minutes: number;
  /** Each round's share. */
  readonly minutesARound: number;
}

/** `control`: which control server its bed has. */
export type Measurement = Named &
  (
    | { readonly control: "headscale"; run(context: Context): Promise<Outcome> }
    | { readonly control: "testcontrol"; run(context: Context<TestControl>): Promise<Outcome> }
  );

/** The device name that the node has in every measurement. */
export const NODE_NAME = "docker";
