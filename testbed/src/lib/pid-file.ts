import { readFile, rm } from "node:fs/promises";

/**
 * Returns the process that a PID file names, if it is still the expected one. A PID file outlives a crash, and another
 * program, or one of its threads, may have reused the number.
 *
 * @param mentions Strings that its command line must contain.
 * @returns Its PID; null without a file, or when no process or a different one has that number.
 */
export async function runningPid(file: string, mentions: readonly string[]): Promise<number | null> {
  const pid = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
  if (!Number.isInteger(pid)) return null;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return mentions.every((text) => command.includes(text)) ? pid : null;
}

/** Removes a PID file unless the expected process (see `runningPid`) runs. */
export async function removeStalePidFile(file: string, mentions: readonly string[]): Promise<void> {
  if ((await runningPid(file, mentions)) === null) await rm(file, { force: true });
}
