import { assertApiVersion, ENGINE_VERSIONS, engineNamed, type OwnEngineName } from "./engine/wanted.ts";
import { specFilters } from "./lib/spec-filters.ts";
import type { Steps } from "./lib/steps.ts";
import { type Count, countLine, isWhole, sumOf, vitest } from "./lib/vitest.ts";
import { openPrerequisites } from "./prerequisites.ts";

/**
 * Runs the specs on each of the test bed's own engines, one after the other. Ends with a line for each and the plain line
 * `N passed, N failed, N skipped` for both. `--only NAME` runs one of them; Vitest receives all other `args`. Rejects when an
 * engine fails to start. An engine whose specs fail does not stop the next.
 */
export async function testEnginesCommand(
  args: readonly string[],
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  const { engines, filters } = parseEngineArgs(args);
  const lines: string[] = [];
  const counts: Count[] = [];
  for (const name of engines) {
    const { engine } = await openPrerequisites(steps, {
      browser: true,
      composes: true,
      testControl: true,
      engine: name,
    });
    assertApiVersion(name, engine.apiVersion);
    const env = { ...process.env, TESTBED_ENGINE: name };
    const count = await vitest("testbed/vitest.config.ts", specFilters(filters), signal, {
      env,
      namespace: engine.namespace,
    });
    lines.push(`engine ${name} (${engine.version}, API ${engine.apiVersion}): ${countLine(count)}`);
    counts.push(count);
  }
  const sum = sumOf(counts);
  for (const line of lines) steps.say(line);
  steps.say(countLine(sum));
  if (!counts.every(isWhole)) process.exitCode = 1;
}

/** Parses `npm run test:engines -- …`. Throws with a sentence when there is no such engine. */
export function parseEngineArgs(args: readonly string[]): {
  readonly engines: readonly OwnEngineName[];
  readonly filters: readonly string[];
} {
  const at = args.findIndex((arg) => arg === "--only" || arg.startsWith("--only="));
  if (at === -1) return { engines: ENGINE_VERSIONS, filters: args };
  const joined = args[at]?.split("=")[1];
  const name = joined ?? args[at + 1] ?? "";
  const filters = [...args.slice(0, at), ...args.slice(at + (joined === undefined ? 2 : 1))];
  return { engines: [engineNamed(name, "--only")], filters };
}
