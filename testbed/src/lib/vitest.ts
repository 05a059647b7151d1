import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import type { NetworkNamespace } from "../engine/namespace.ts";
import { type SpecSeconds, secondsOf } from "./spec-seconds.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const REPORTER = fileURLToPath(new URL("./report.ts", import.meta.url));

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** One line per failure: its file, its title and the beginning of its message. */
  readonly failures: readonly string[];
}

export interface Surroundings {
  /** Replaces this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** The namespace to run in; defaults to the current one. */
  readonly namespace?: NetworkNamespace | null;
  /** Receives each file's duration when all of its tests ran. */
  readonly onSeconds?: (seconds: SpecSeconds) => Promise<void>;
}

/** The parts of our report (`report.ts`) that we read. A file that fails to load has no tests, but its suite has failed. */
const Report = z.object({
  numPassedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  hookFailures: z
    .array(z.object({ file: z.string(), title: z.string(), messages: z.array(z.string()) }))
    .default([]),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(""),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});
/** Truncates a failure's message, and the details that our specs add to it, to so many characters. */
const MESSAGE_LENGTH = 600;
const DETAILS_LENGTH = 700;

/** Start and end of each file in a report, in milliseconds. */
const Times = z.object({
  testResults: z.array(
    z.object({ name: z.string(), startTime: z.number(), endTime: z.number(), status: z.string() }),
  ),
});

/** Counts the results in a Vitest report; Vitest exited with `code`. */
export function countOf(json: unknown, code: number | null): Count {
  const report = Report.parse(json);
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = basename(name);
    const tests = assertionResults
      .filter((test) => test.status === "failed")
      .map(({ fullName, failureMessages }) => failureLine(file, fullName, ...(failureMessages ?? [])));
    const hooks = report.hookFailures
      .filter((failure) => failure.file === name)
      .flatMap(({ title, messages }) => messages.map((text) => failureLine(file, title, ...bothEnds(text))));
    const found = [...hooks, ...tests];
    return status === "failed" && found.length === 0
      ? [failureLine(file, "as a whole", ...bothEnds(message))]
      : found;
  });
  if (failures.length === 0 && code !== 0) {
    // A failing tear-down or an unhandled rejection has no test of its own.
    failures.push(`Vitest ended with code ${code} although every test passed: see its output`);
  }
  return {
    passed: report.numPassedTests,
    failed: failures.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures,
  };
}

/** The message of a failing hook often ends with a log, and the newest of it is at its end. */
function bothEnds(message: string): [string, ...string[]] {
  const end = message.slice(MESSAGE_LENGTH);
  return end === "" ? [message] : [message, end];
}

/** The newest of a detail is at its end. */
function failureLine(file: string, title: string, message = "", ...details: readonly string[]): string {
  const texts = [message.slice(0, MESSAGE_LENGTH), ...details.map((text) => text.slice(-DETAILS_LENGTH))];
  return `${file}: ${title}: ${stripVTControlCharacters(texts.join(" … ")).replaceAll(/\s+/g, " ")}`;
}

export function sumOf(counts: readonly Count[]): Count {
  const sum = (key: "passed" | "failed" | "skipped"): number =>
    counts.reduce((total, count) => total + count[key], 0);
  const failures = counts.flatMap((count) => count.failures);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped"), failures };
}

/** `N passed, N failed, N skipped`. */
export function countLine({ passed, failed, skipped }: Omit<Count, "failures">): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Returns true when there was something to run and all of it passed. */
export function isWhole({ passed, failed, skipped }: Omit<Count, "failures">): boolean {
  return passed > 0 && failed + skipped === 0;
}

/** Runs Vitest with one of our configurations. `args` are file names and `-t …`. Rejects when Vitest leaves no report. */
export async function vitest(
  config: string,
  args: readonly string[],
  signal: AbortSignal,
  surroundings: Surroundings = {},
): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-report-"));
  const file = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", `--reporter=${REPORTER}`, `--outputFile.json=${file}`];
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

/** Runs one of our development tools and returns its exit code. */
export async function runTool(
  argv: readonly string[],
  signal: AbortSignal,
  { env = process.env, namespace = null }: Surroundings = {},
): Promise<number | null> {
  signal.throwIfAborted();
  const [tool = "", ...flags] = argv;
  // Avoids npx, which exits on a signal and leaves its child process running.
  const command = [join(ROOT, "node_modules", ".bin", tool), ...flags];
  const [program = tool, ...args] = namespace === null ? command : namespace.enter(command);
  const child = spawn(program, args, { cwd: ROOT, stdio: "inherit", env });
  // No signal must leave Vitest running. On this signal it tears its beds down. A terminal sends Ctrl-C to it directly, and a second one
  // kills it.
  const stop = () => {
    if (!(signal.reason === "SIGINT" && process.stdin.isTTY)) child.kill("SIGINT");
  };
  signal.addEventListener("abort", stop, { once: true });
  const [code] = (await once(child, "exit")) as [number | null];
  signal.removeEventListener("abort", stop);
  return code;
}
