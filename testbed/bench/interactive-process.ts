import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Engine } from "../src/engine/engine.ts";

export interface Line {
  readonly text: string;
  /** Arrival time, by `performance.now()`. */
  readonly at: number;
}

/** A program that keeps running during the exchange, so that its start is not part of the measurement. */
export interface Conversation {
  say(line: string): void;
  /** Returns the next line that it prints or has already printed. Rejects when none comes within `timeoutMs`, or when the program exits. */
  next(timeoutMs: number): Promise<Line>;
  close(): void;
}

/** Starts a docker client command, e.g. `["exec", "-i", …]` or `["events"]`, and keeps its pipes. */
export function converse(engine: Engine, args: readonly string[]): Conversation {
  const [program = "docker", ...rest] = [...engine.argv, ...args];
  const child = spawn(program, rest, { env: engine.env, stdio: ["pipe", "pipe", "pipe"] });
  const lines: Line[] = [];
  let complaint = "";
  let ended = false;
  let wake: () => void = () => undefined;
  createInterface({ input: child.stdout }).on("line", (text) => {
    lines.push({ text, at: performance.now() });
    wake();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000);
  });
  // A program that exited early does not read; `next` reports that.
  child.stdin.on("error", () => undefined);
  const end = (): void => {
    ended = true;
    wake();
  };
  child.on("error", end).on("close", end);

  return {
    say: (line) => void child.stdin.write(`${line}\n`),
    async next(timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const line = lines.shift();
        if (line !== undefined) return line;
        if (ended) throw new Error(`\`docker ${args.slice(0, 4).join(" ")} …\` ended: ${complaint}`);
        const remainingMs = deadline - performance.now();
        if (remainingMs <= 0)
          throw new Error(`\`docker ${args.slice(0, 4).join(" ")} …\` said nothing in time`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, remainingMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    close() {
      // The program in the container exits when its input ends.
      child.stdin.end();
      child.kill();
    },
  };
}
