import { rm } from "node:fs/promises";
import type { Logger } from "pino";
import { writeAtomically } from "../../lib/files/atomic-file.ts";
import { readPlainFile } from "../../lib/files/plain-file.ts";

const MOST_BYTES = 256;

/**
 * Stores the ID of the profile that tailscaled left because of network flow logs; removes the file when there is none. Never rejects:
 * if the file can't be read or written, only the reason is missing after the next restart.
 */
export async function openFlowLogsNote(path: string, log: Pick<Logger, "warn">) {
  const text = await readPlainFile(path, MOST_BYTES).catch(() => null);
  let queue: Promise<unknown> = Promise.resolve();
  return {
    profile: text?.toString("utf8").trim() || null,
    keep(profile: string | null): void {
      queue = queue
        .then(async () => {
          if (profile === null) await rm(path, { force: true });
          else await writeAtomically(path, `${profile}\n`);
        })
        .catch((err: unknown) => {
          log.warn({ event: "node.pause-unwritten", err }, "why the node has paused could not be stored");
        });
    },
    /** Resolves when all writes are done. */
    written: async (): Promise<void> => void (await queue),
  };
}
