import { type Forward, forwardKey, sameForward } from "../../dataplane/data-plane.ts";
import { lifeKey, silenceKey } from "../../workloads/choose-network.ts";
import type { Observed } from "../look/observe.ts";
import { type ResolvedShare, wantedForwards } from "./resolve.ts";

/** Remembers the networks where a container doesn't answer, so that its share tries each other network once per container start. */
export interface Silence {
  /**
   * `silent`: forwards whose probes get no answer, by `forwardKey`; `tried`: the forwards that were probed. While a client is connected,
   * silence only means a busy application.
   */
  look(
    resolved: readonly ResolvedShare[],
    observed: Pick<Observed, "visitors" | "byId" | "fresh">,
    tries: { silent: ReadonlySet<string>; tried: readonly Forward[] },
  ): ReadonlySet<string>;
}

export function createSilence(): Silence {
  let known: ReadonlySet<string> = new Set();
  return {
    look(resolved, { visitors, byId, fresh }, { silent, tried }) {
      const next = new Set(known);
      for (const share of resolved) {
        const { found, target } = share;
        if (found === null || target?.kind !== "network") continue;
        const tcp = wantedForwards(share, "kernel").filter(({ protocol }) => protocol === "tcp");
        if (tcp.length === 0 || !tcp.every((wanted) => tried.some((forward) => sameForward(forward, wanted))))
          continue;
        const key = silenceKey(found.container, target.networkId);
        const isSilent = tcp.every((wanted) => silent.has(forwardKey(wanted)));
        if (!isSilent) next.delete(key);
        else if (!tcp.some((wanted) => visitors.has(forwardKey(wanted)))) next.add(key);
      }
      const lives = new Set([...byId.values()].map(lifeKey));
      // A key ends with the network's ID.
      known = fresh
        ? new Set([...next].filter((key) => lives.has(key.slice(0, key.lastIndexOf(" ")))))
        : next;
      return known;
    },
  };
}
