import type { Steps } from "./lib/steps.ts";
import { type Count, countLine, isWhole, npx, sumOf, vitest } from "./lib/vitest.ts";
import { openPrerequisites } from "./prerequisites.ts";

/** Checks of the source as a whole; each counts as one test. */
const CHECKS: readonly (readonly string[])[] = [
  ["biome", "check", "--error-on-warnings", "."],
  ["tsc", "-p", "."],
  ["tsc", "-p", "ui"],
  ["knip"],
];

/**
 * Runs every check and test, or with `args` (file names, `-t …`) just those specs, and ends with the plain line
 * `N passed, N failed, N skipped`. Rejects when something failed or was skipped.
 */
export async function testCommand(args: readonly string[], steps: Steps, signal: AbortSignal): Promise<void> {
  const counts: Count[] = [];
  if (args.length === 0) {
    for (const check of CHECKS) counts.push(await sourceCheck(check, steps, signal));
    counts.push(await vitest("vitest.config.ts", [], signal));
  }
  const { engine } = await openPrerequisites(steps, { browser: true });
  counts.push(await vitest("testbed/vitest.config.ts", args, signal, { namespace: engine.namespace }));
  const sum = sumOf(counts);
  steps.say(countLine(sum));
  if (!isWhole(sum)) process.exitCode = 1;
}

async function sourceCheck(check: readonly string[], steps: Steps, signal: AbortSignal): Promise<Count> {
  const code = await npx(check, signal);
  steps.say(`${code === 0 ? "✓" : "✗"} ${check.join(" ")}`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}
