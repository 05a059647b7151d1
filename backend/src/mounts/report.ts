import type { Fault } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";

/** Logs what the container was created without. */
export function reportMounts(faults: readonly (Fault | null)[], log: Pick<Logger, "error">): void {
  for (const fault of faults)
    if (fault !== null)
      log.error(
        { event: "mounts.missing", code: fault.code, reason: fault.message, hint: fault.hint },
        "the container lacks a mount",
      );
}
