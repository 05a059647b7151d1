import { readFile, rm } from "node:fs/promises";

/**
 * The process that a PID file names, if it is still the one that is meant. A PID file outlives a crash, and its number
 * may belong to another program by now, or to one of its threads.
 *
 * @param mentions What its command line must contain.
 * @returns Its PID; null without a file, or when nothing or something else has that number.
 */
export async function runningPid(file: string, mentions: readonly string[]): Promise<number | null> {
  const pid = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
  if (!Number.isInteger(pid)) return null;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return mentions.every((text) => command.includes(text)) ? pid : null;
}

/** Removes a PID file unless the process that is meant (see `runningPid`) runs. */
export async function removeStalePidFile(file: string, mentions: readonly string[]): Promise<void> {
  if ((await runningPid(file, mentions)) === null) await rm(file, { force: true });
}
