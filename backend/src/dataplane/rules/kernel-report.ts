import type { Logger } from "pino";
import type { probeKernel } from "./probe.ts";

/** Logs why the kernel can't forward, or which optional features it lacks. */
export function reportKernel(
  { fault, missing }: Pick<Awaited<ReturnType<typeof probeKernel>>, "fault" | "missing">,
  log: Pick<Logger, "warn">,
): void {
  if (fault !== null)
    log.warn(
      { event: "data-plane.fallback", reason: fault.message, hint: fault.hint },
      "falling back to userspace networking",
    );
  for (const { ability, cost } of missing)
    log.warn(
      { event: "data-plane.lacking", ability, cost },
      "the kernel lacks something that sharing can do without",
    );
}
