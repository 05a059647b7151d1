import { mkdirSync, rmdirSync } from "node:fs";

/** Milliseconds. */
const POLL_MS = 5;

/**
 * Runs work while no other process does that uses the same directory, which must not exist at other times. Blocks. After `mostMs` it runs
 * the work anyway, because a process that was killed leaves the directory behind. Throws as the work does, or when the directory can't be
 * made for another reason than that it exists.
 */
export function whileLocked<T>(directory: string, mostMs: number, work: () => T): T {
  const deadline = performance.now() + mostMs;
  while (!made(directory) && performance.now() < deadline) sleep(POLL_MS);
  try {
    return work();
  } finally {
    removed(directory);
  }
}

function made(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** The process that waited too long may have removed it. */
function removed(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
