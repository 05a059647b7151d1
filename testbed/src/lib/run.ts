import { spawn } from "node:child_process";

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
  /** Timeout in milliseconds, after which the process is killed. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called with each chunk of output from both streams as it arrives. */
  readonly onOutput?: (text: string) => void;
}

export interface RunResult {
  /** The exit code; null when a signal or the deadline ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** A command failure; the message names the command and quotes the end of its output. */
export class CommandError extends Error {
  constructor(
    readonly argv: readonly string[],
    readonly result: RunResult,
  ) {
    const why = result.timedOut ? "ran out of time" : `ended with code ${result.code ?? "none (killed)"}`;
    const output = (result.stderr.trim() || result.stdout.trim()).slice(-2_000);
    super(`\`${argv.join(" ").slice(0, 300)}\` ${why}${output === "" ? "" : `:\n${output}`}`);
    this.name = "CommandError";
  }
}

/** Runs a command until it exits, whatever its exit code. Rejects only when it fails to start. */
export function tryRun(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program, ...args] = argv;
  if (program === undefined) return Promise.reject(new Error("no command given"));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      signal: options.signal,
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let timedOut = false;
    const deadline =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill("SIGKILL");
          }, options.timeoutMs);
    child.stdout?.on("data", (chunk: Buffer) => {
      stdout.push(chunk);
      options.onOutput?.(chunk.toString());
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr.push(chunk);
      options.onOutput?.(chunk.toString());
    });
    child.on("error", (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    child.on("close", (code) => {
      clearTimeout(deadline);
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        timedOut,
      });
    });
    // A command that exits without reading its input is not an error; its exit code decides.
    child.stdin?.on("error", () => {});
    if (options.input !== undefined) child.stdin?.end(options.input);
  });
}

/** Runs a command and returns its stdout. Rejects with `CommandError` unless it exits with code 0. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(argv, options);
  if (result.code !== 0) throw new CommandError(argv, result);
  return result.stdout;
}

/** Runs a shell line with arguments as `$1`, `$2`, …. Use it for pipes only. */
export function runShell(line: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return run(["bash", "-euo", "pipefail", "-c", line, "bash", ...args], options);
}

/** Returns the absolute path of a program on PATH, or null. */
export async function findProgram(name: string): Promise<string | null> {
  const result = await tryRun(["sh", "-c", 'command -v "$1"', "sh", name]);
  return result.code === 0 ? result.stdout.trim() : null;
}
