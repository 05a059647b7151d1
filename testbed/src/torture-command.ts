import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { PART_NAMES, torture } from "../torture/torture.ts";
import type { Steps } from "./lib/steps.ts";

/** `torture [--seed N] [--only name,…]`. Rejects with a sentence when the arguments are invalid. */
export async function tortureCommand(
  args: readonly string[],
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: "string" }, only: { type: "string" } },
  });
  const seed = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error("--seed takes a whole number from 0 on");
  const only = values.only?.split(",") ?? PART_NAMES;
  const unknown = only.filter((name) => !PART_NAMES.includes(name));
  if (unknown.length > 0)
    throw new Error(`no such part: ${unknown.join(", ")}. There are ${PART_NAMES.join(", ")}`);
  await torture(steps, { seed, only, signal });
}
