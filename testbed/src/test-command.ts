import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Steps } from "./lib/steps.ts";
import { openPrerequisites } from "./prerequisites.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What we read of Vitest's JSON report. A file that cannot be loaded has no tests, but its suite has failed. */
const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

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
  await openPrerequisites(steps, { browser: true });
  counts.push(await vitest("testbed/vitest.config.ts", args, signal));
  const sum = (key: keyof Count): number => counts.reduce((total, count) => total + count[key], 0);
  steps.say(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  if (sum("failed") + sum("skipped") > 0 || sum("passed") === 0) process.exitCode = 1;
}

async function sourceCheck(check: readonly string[], steps: Steps, signal: AbortSignal): Promise<Count> {
  const code = await npx(check, signal);
  steps.say(`${code === 0 ? "✓" : "✗"} ${check.join(" ")}`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function vitest(config: string, args: readonly string[], signal: AbortSignal): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-report-"));
  const file = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const code = await npx(["vitest", "run", "--config", config, ...reporters, ...args], signal);
    const text = await readFile(file, "utf8").catch(() => null);
    if (text === null) throw new Error(`Vitest (${config}) ended with code ${code} and left no report`);
    const report = Report.parse(JSON.parse(text));
    const unloadable = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === "failed" && assertionResults.every((one) => one.status !== "failed"),
    ).length;
    const failed = report.numFailedTests + unloadable;
    return {
      passed: report.numPassedTests,
      // A failing tear-down or an unhandled rejection has no test of its own.
      failed: failed === 0 && code !== 0 ? 1 : failed,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs one of our own tools; answers its exit code. */
async function npx(argv: readonly string[], signal: AbortSignal): Promise<number | null> {
  signal.throwIfAborted();
  const child = spawn("npx", ["--no-install", ...argv], { cwd: ROOT, stdio: "inherit" });
  // A terminal's Ctrl-C reaches it by itself, and Vitest then tears its beds down; other signals must not leave it behind.
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  const [code] = (await once(child, "exit")) as [number | null];
  signal.removeEventListener("abort", stop);
  return code;
}
