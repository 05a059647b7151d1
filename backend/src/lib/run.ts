import { spawn } from "node:child_process";
import { deadlineSignal } from "./timing.ts";

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program until it exits, with `input` on its standard input and never through a shell. Resolves for any exit code. Drops output
 * beyond `mostCharacters`. Rejects when the program can't be started, takes longer than `timeoutMs`, or is aborted.
 */
export async function run(
  program: string,
  args: readonly string[],
  {
    input = "",
    timeoutMs = 10_000,
    mostCharacters = 64 * 1024 * 1024,
    signal,
  }: {
    input?: string;
    timeoutMs?: number;
    mostCharacters?: number;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<RunResult> {
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    signal: deadlineSignal(timeoutMs, signal),
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (stdout.length < mostCharacters) stdout += text.slice(0, mostCharacters - stdout.length);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (stderr.length < mostCharacters) stderr += text.slice(0, mostCharacters - stderr.length);
  });
  // The program may exit before it has read all its input; its exit code shows whether that matters.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}
