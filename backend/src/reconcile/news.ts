import type { EngineEvent } from "../engine/parse.ts";
import { concernsShares } from "../events/concern.ts";
import type { Ends } from "../events/ends.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { signalNumber } from "../workloads/stop-signal.ts";
import type { Observed } from "./look/observe.ts";
import type { Cause } from "./pace.ts";
import type { ResolvedShare } from "./plan/resolve.ts";

/** The loop's reaction to an event. */
export interface Reaction {
  /** The cause for a look; null when the event changes nothing visible. */
  readonly cause: Cause | null;
  /** Whether a container ended that the list may still show as running. */
  readonly ended: boolean;
  /** Whether networks may have to be left. */
  readonly departs: boolean;
}

export interface NewsDependencies {
  ends: Ends;
  shares: () => readonly StoredShare[];
  resolved: () => readonly ResolvedShare[];
  observed: () => Observed;
  watched: () => boolean;
}

/** Reads the engine's events: notes ends and stops, and says how soon to look. */
export function createNews({
  ends,
  shares,
  resolved,
  observed,
  watched,
}: NewsDependencies): (event: EngineEvent | null) => Reaction {
  return (event) => {
    if (event === null) return { cause: "urgent", ended: false, departs: false };
    const { byId, self } = observed();
    const shared = resolved().flatMap(({ found }) => found?.container ?? []);
    const concerns = concernsShares(event, { shares: shares(), shared, byId, ownId: self?.id ?? null });
    const cause = concerns ? "event" : "hint";
    const look = { cause, ended: false, departs: false } as const;
    if (event.Type !== "container") return look;
    const { ID: id, Attributes } = event.Actor;
    const facts = byId.get(id);
    switch (event.Action) {
      case "kill": {
        const stops =
          concerns && facts !== undefined && ends.signalled(facts, signalNumber(Attributes?.signal ?? ""));
        return { cause: null, ended: false, departs: stops };
      }
      case "die":
      case "died":
        // With no panel open, wait for the list.
        if (facts === undefined || !(concerns || watched())) return look;
        ends.died(id, facts.life);
        return { cause, ended: true, departs: concerns };
      case "start":
        ends.started(id);
        return look;
      default:
        return look;
    }
  };
}
