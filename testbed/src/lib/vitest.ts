import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { NetworkNamespace } from "../engine/namespace.ts";
import { type SpecSeconds, secondsOf } from "./spec-seconds.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Surroundings {
  /** Instead of this process' own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where to run; here unless told. */
  readonly namespace?: NetworkNamespace | null;
  /** Gets how long each file took, when all of its tests ran. */
  readonly onSeconds?: (seconds: SpecSeconds) => Promise<void>;
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

/** When each file of a report began and ended, in milliseconds. */
const Times = z.object({
  testResults: z.array(
    z.object({ name: z.string(), startTime: z.number(), endTime: z.number(), status: z.string() }),
  ),
});

/** Counts in a report of Vitest, which ended with `code`. */
export function countOf(json: unknown, code: number | null): Count {
  const report = Report.parse(json);
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
}

export function sumOf(counts: readonly Count[]): Count {
  const sum = (key: keyof Count): number => counts.reduce((total, count) => total + count[key], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

/** `N passed, N failed, N skipped`. */
export function countLine({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Whether all that there was has passed, and there was something. */
export function isWhole({ passed, failed, skipped }: Count): boolean {
  return passed > 0 && failed + skipped === 0;
}

/** Runs Vitest with one of our configurations. `args` are file names and `-t …`. Rejects when it leaves no report. */
export async function vitest(
  config: string,
  args: readonly string[],
  signal: AbortSignal,
  surroundings: Surroundings = {},
): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-report-"));
  const file = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const argv = ["vitest", "run", "--config", config, ...reporters, ...args];
    const code = await runTool(argv, signal, surroundings);
    const text = await readFile(file, "utf8").catch(() => null);
    if (text === null) throw new Error(`Vitest (${config}) ended with code ${code} and left no report`);
    const report: unknown = JSON.parse(text);
    const passed = Times.parse(report).testResults.filter(({ status }) => status === "passed");
    if (!args.some((arg) => arg.startsWith("-"))) await surroundings.onSeconds?.(secondsOf(passed));
    return countOf(report, code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs one of our own tools; answers its exit code. */
export async function runTool(
  argv: readonly string[],
  signal: AbortSignal,
  { env = process.env, namespace = null }: Surroundings = {},
): Promise<number | null> {
  signal.throwIfAborted();
  const [tool = "", ...flags] = argv;
  // Not by npx: it ends at a signal, and leaves what it had started.
  const here = [join(ROOT, "node_modules", ".bin", tool), ...flags];
  const [program = tool, ...args] = namespace === null ? here : namespace.enter(here);
  const child = spawn(program, args, { cwd: ROOT, stdio: "inherit", env });
  // No signal must leave it behind. At this one Vitest tears its beds down; a terminal's Ctrl-C reaches it by itself, and a second one kills.
  const stop = () => {
    if (!(signal.reason === "SIGINT" && process.stdin.isTTY)) child.kill("SIGINT");
  };
  signal.addEventListener("abort", stop, { once: true });
  const [code] = (await once(child, "exit")) as [number | null];
  signal.removeEventListener("abort", stop);
  return code;
}
