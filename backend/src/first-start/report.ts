import type { Fault } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import type { StartWish } from "./wish.ts";

/** Logs which variables have no effect, and why. */
export function reportStartWish({ faults, ignored }: StartWish, log: Pick<Logger, "warn" | "error">): void {
  for (const { code, message, hint } of faults)
    log.error({ event: "first-start.refused", code, reason: message, hint }, "a variable can't be used");
  for (const { variable, because } of ignored)
    log.warn({ event: "first-start.ignored", variable, because }, "a variable has no effect here");
}

/** Returns one alert for all variables that can't be used, because a panel shows each code once. */
export function startAlerts({ faults }: Pick<StartWish, "faults">): Fault[] {
  if (faults.length === 0) return [];
  return [
    {
      code: "ENVIRONMENT_UNUSABLE",
      message: faults.map(({ message }) => message).join(" "),
      hint: `${faults.map(({ hint }) => hint).join(" ")} Then start the container again.`,
    },
  ];
}
