import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Fault } from "@tailnet-share/contract/errors";
import { type HopProbe, unwell } from "./health.ts";

/** More than fits next to a file's name in its inode, so that a full disk shows. */
const BYTES = 4_096;

/** The store is well when its folder is writable and no store reports a write fault. */
export function storeProbe(folder: string, faults: () => readonly Fault[]): HopProbe {
  const path = join(folder, ".health");
  return async () => {
    const stuck = faults().find(({ code }) => code === "STORE_UNWRITABLE");
    if (stuck !== undefined) throw unwell(stuck.message);
    try {
      const file = await open(path, "w", 0o600);
      try {
        await file.write(Buffer.alloc(BYTES));
      } finally {
        await file.close();
      }
      // Another look may have removed it already.
      await rm(path, { force: true });
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      const { code = "an unknown error" } = error as NodeJS.ErrnoException;
      throw unwell(`Tailnet Share's volume cannot be written (${code}).`);
    }
    return "A file was written and removed.";
  };
}
