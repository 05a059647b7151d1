import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Engine } from "./engine/engine.ts";
import { type OwnEngineName, REMAPPED_ENGINES, SMOKE_OF_PODMAN } from "./engine/wanted.ts";
import { specFilters } from "./lib/spec-filters.ts";
import { keepSeconds, weighedSpecs } from "./lib/spec-seconds.ts";
import { splitByWeight } from "./lib/split-by-weight.ts";
import type { Steps } from "./lib/steps.ts";
import { type Count, countLine, isWhole, runTool, sumOf, vitest } from "./lib/vitest.ts";
import { openPrerequisites } from "./prerequisites.ts";
import { SPECS_THAT_BUILD } from "./specs-that-build.ts";

const SPECS = "testbed/vitest.config.ts";
const TESTBED = fileURLToPath(new URL("../", import.meta.url));
/** Checks of the whole source; each counts as one test. */
const CHECKS: readonly (readonly string[])[] = [
  ["biome", "check", "--error-on-warnings", "."],
  ["tsc", "-p", "."],
  ["tsc", "-p", "ui"],
  ["knip"],
];

/**
 * Runs every check and test, or with `args` (file names, `-t …`) only those specs. Ends with the plain line
 * `N passed, N failed, N skipped`. Rejects when something failed or was skipped.
 */
export async function testCommand(args: readonly string[], steps: Steps, signal: AbortSignal): Promise<void> {
  const counts: Count[] = [];
  if (args.length === 0) {
    for (const check of CHECKS) counts.push(await sourceCheck(check, steps, signal));
    counts.push(await vitest("vitest.config.ts", [], signal));
  }
  const { engine } = await openPrerequisites(steps, { browser: true, composes: true, testControl: true });
  if (args.length === 0 && engine.own !== null && engine.namespace === null) {
    counts.push(...(await onTwoEngines(engine, steps, signal)));
    for (const name of REMAPPED_ENGINES) counts.push(await smokeTest(name, [], steps, signal));
    counts.push(await smokeTest("podman-5.4", [SMOKE_OF_PODMAN], steps, signal));
  } else
    counts.push(
      await vitest(SPECS, specFilters(args), signal, { namespace: engine.namespace, onSeconds: keepSeconds }),
    );
  const sum = sumOf(counts);
  // Repeat failures at the end, because a report of thousands of tests is often truncated.
  for (const failure of sum.failures) steps.say(`✗ ${failure}`);
  steps.say(countLine(sum));
  if (!isWhole(sum)) process.exitCode = 1;
}

/** Runs half of the specs on a second engine at the same time, in its own network namespace, because specs mostly wait. */
async function onTwoEngines(first: Engine, steps: Steps, signal: AbortSignal): Promise<Count[]> {
  const { engine: second } = await openPrerequisites(steps, { engine: "debian-2" });
  // Matches what `vitest.config.ts` includes: one folder deep.
  const paths = (await readdir(`${TESTBED}tests`, { recursive: true })).filter((path) =>
    /^[^/]+\/[^/]+\.spec\.ts$/.test(path),
  );
  const specs = await weighedSpecs(
    TESTBED,
    paths.map((path) => `tests/${path}`),
  );
  const [onFirst = [], onSecond = []] = splitByWeight(specs, 2, SPECS_THAT_BUILD);
  const env = { ...process.env, TESTBED_ENGINE: "debian-2" };
  const counts = await Promise.all([
    vitest(SPECS, onFirst, signal, { namespace: first.namespace, onSeconds: keepSeconds }),
    vitest(SPECS, onSecond, signal, { env, namespace: second.namespace, onSeconds: keepSeconds }),
  ]);
  // The next run restarts it. Until then it would be a needless process.
  await second.own?.stop();
  return counts;
}

/** Runs a few specs on another engine: all of its own, or those that match `filters`. Stops the engine afterwards. */
async function smokeTest(
  name: OwnEngineName,
  filters: readonly string[],
  steps: Steps,
  signal: AbortSignal,
): Promise<Count> {
  const { engine } = await openPrerequisites(steps, { engine: name });
  const env = { ...process.env, TESTBED_ENGINE: name };
  const count = await vitest(SPECS, filters, signal, { env, namespace: engine.namespace });
  await engine.own?.stop();
  return count;
}

async function sourceCheck(check: readonly string[], steps: Steps, signal: AbortSignal): Promise<Count> {
  const code = await runTool(check, signal);
  steps.say(`${code === 0 ? "✓" : "✗"} ${check.join(" ")}`);
  return code === 0
    ? { passed: 1, failed: 0, skipped: 0, failures: [] }
    : { passed: 0, failed: 1, skipped: 0, failures: [check.join(" ")] };
}
