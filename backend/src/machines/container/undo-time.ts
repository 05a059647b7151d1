import type { Clock } from "../../lib/clock.ts";
import type { RetiringMachine } from "../../shares/stored-share.ts";

/** Within this time, switching the share on again brings back the same machine; the panel's undo is shorter. Milliseconds. */
export const RETIRE_AFTER_MS = 10_000;

/** A machine whose share was switched off. `dueAt`: when it may be retired, by the monotonic clock. */
export interface Retirement extends RetiringMachine {
  readonly dueAt: number;
}

/**
 * Converts the stored dates to the monotonic clock when it first sees them. A date is trusted for at most the undo's time, so a clock
 * that was set back delays nothing.
 */
export function createUndoTimes(
  clock: Pick<Clock, "now" | "monotonic">,
): (retiring: readonly RetiringMachine[]) => readonly Retirement[] {
  let known: ReadonlyMap<string, number> = new Map();
  const nameOf = ({ key, since }: RetiringMachine) => `${key} ${since}`;
  return (retiring) => {
    known = new Map(
      retiring.map((machine) => {
        const remainingMs = Math.min(
          RETIRE_AFTER_MS,
          Math.max(0, machine.since + RETIRE_AFTER_MS - clock.now()),
        );
        return [nameOf(machine), known.get(nameOf(machine)) ?? clock.monotonic() + remainingMs];
      }),
    );
    return retiring.map((machine) => ({ ...machine, dueAt: known.get(nameOf(machine)) ?? 0 }));
  };
}
