import { parseArgs } from "node:util";
import { bench, MEASUREMENT_NAMES } from "../bench/bench.ts";
import type { Steps } from "./lib/steps.ts";

const DEFAULT_ROUNDS = 5;
const MAX_ROUNDS = 50;

/** `bench [--rounds N] [--only name,…]`. Rejects with a sentence when the arguments are invalid. */
export async function benchCommand(
  args: readonly string[],
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: "string" }, only: { type: "string" } },
  });
  const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
    throw new Error(`--rounds takes a number from 1 to ${MAX_ROUNDS}`);
  }
  const only = values.only?.split(",") ?? MEASUREMENT_NAMES;
  const unknown = only.filter((name) => !MEASUREMENT_NAMES.includes(name));
  if (unknown.length > 0) {
    throw new Error(`no such measurement: ${unknown.join(", ")}. There are ${MEASUREMENT_NAMES.join(", ")}`);
  }
  await bench(steps, { rounds, only, signal });
}
