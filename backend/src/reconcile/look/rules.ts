import type { ActiveForward, DataPlane, Flows } from "../../dataplane/data-plane.ts";
import type { Clock } from "../../lib/clock.ts";

/** The rules and connections that the data plane shows. Each part rejects as the data plane does. */
export interface RulesSeen {
  rules: Promise<readonly ActiveForward[] | null>;
  flows: Promise<readonly Flows[]>;
}

/**
 * Reads rules and connections for the loop. Listing them starts programs, which is most of a look's cost. So while no panel shows byte
 * counts and nothing has changed, one listing serves for a minute. For that long, somebody else's change to the rules may go unnoticed.
 * A node without shares has no counts to show: there, one listing serves the passes of two seconds while a panel is open.
 */
export interface RulesLook {
  look(signal: AbortSignal): RulesSeen;
  /** The same data plane; a change through it discards the last listing. */
  dataPlane: DataPlane;
}

/** Shorter than the loop's own interval, so that each of its looks without an event lists again. Milliseconds. */
const GOOD_FOR_MS = 50_000;
/** The same while a panel is open and nothing is shared on the node. Milliseconds. */
const EMPTY_GOOD_FOR_MS = 2_000;

export function createRulesLook(dataPlane: DataPlane, watched: () => boolean, clock: Clock): RulesLook {
  let last: (RulesSeen & { at: number; isEmpty: boolean }) | null = null;
  let changes = 0;

  /** Discards the listing before and after the change: one made in between may show either state. */
  async function changing(work: Promise<void>): Promise<void> {
    last = null;
    changes += 1;
    try {
      await work;
    } finally {
      last = null;
      changes += 1;
    }
  }

  /** How long the last listing may serve. Milliseconds. */
  function goodForMs(isEmpty: boolean): number {
    if (!watched()) return GOOD_FOR_MS;
    return isEmpty ? EMPTY_GOOD_FOR_MS : 0;
  }

  return {
    look(signal) {
      const at = clock.monotonic();
      if (last !== null && at - last.at < goodForMs(last.isEmpty)) return last;
      const now = { rules: dataPlane.observe(signal), flows: dataPlane.flows(signal), at };
      const before = changes;
      last = null;
      Promise.all([now.rules, now.flows]).then(
        ([rules, flows]) => {
          // Userspace forwarding ends with tailscaled's session, without a change through here.
          if (rules !== null && changes === before && dataPlane.mode === "kernel")
            last = { ...now, isEmpty: rules.length === 0 && flows.length === 0 };
        },
        () => undefined,
      );
      return now;
    },
    dataPlane: {
      ...dataPlane,
      replace: async (...args) => await changing(dataPlane.replace(...args)),
      endFlows: async (...args) => await changing(dataPlane.endFlows(...args)),
    },
  };
}
