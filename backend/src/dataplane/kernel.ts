import { packetsPassed } from "./cards.ts";
import { flowsByForward } from "./conntrack.ts";
import { type ActiveForward, type DataPlane, type Forward, sameForwards } from "./data-plane.ts";
import type { Abilities } from "./kernel-features.ts";
import { applyRules, endFlows, listFlows, listTable } from "./kernel-programs.ts";
import { carriedCounters, parseListing, rulesIn, shapeOf } from "./nft-json.ts";
import { readFlowTimeouts } from "./quiet.ts";
import { renderRuleset, ruleCount } from "./ruleset.ts";

/** Kernel NAT by nftables, in the backend's own network namespace. */
export function createKernelDataPlane(abilities: Abilities): DataPlane {
  const rules = ruleCount(abilities);
  /** The forwards of the last `replace`; null before the first. */
  let applied: readonly Forward[] | null = null;
  /** The kernel's listing at the first observation after that. */
  let shape: string | null = null;
  let replacing: Promise<unknown> = Promise.resolve();

  async function observe(signal?: AbortSignal): Promise<ActiveForward[] | null> {
    const before = applied;
    const known = shape;
    const stdout = await listTable(signal);
    if (stdout === null) return null;
    // Somebody else changed the table, and no `replace` ran meanwhile: report null so that the caller rebuilds it.
    if (known !== null && known === shape && shapeOf(stdout) !== known) return null;
    const forwards = parseListing(stdout);
    if (shape === null && before !== null && before === applied) {
      if (rulesIn(stdout) !== rules) return null;
      // No `replace` ran meanwhile and the forwards match, so this listing is the reference for later checks.
      if (sameForwards(before, forwards)) shape = shapeOf(stdout);
    }
    return forwards;
  }

  async function replace(script: string, forwards: readonly Forward[], signal?: AbortSignal): Promise<void> {
    shape = null;
    await applyRules(script, signal);
    applied = forwards;
    shape = null;
  }

  return {
    mode: "kernel",
    observe,
    async replace(forwards, before, signal) {
      const work = replace(renderRuleset(forwards, carriedCounters(before), abilities), forwards, signal);
      replacing = work.catch(() => undefined);
      await work;
    },
    async intact(signal) {
      for (;;) {
        const last = replacing;
        await last;
        const before = applied;
        const known = shape;
        const stdout = await listTable(signal);
        // A `replace` ran meanwhile, so this listing is stale.
        if (replacing !== last) continue;
        if (stdout === null) return false;
        if (known !== null) return shapeOf(stdout) === known;
        return before === null || (rulesIn(stdout) === rules && sameForwards(before, parseListing(stdout)));
      }
    },
    async flows(signal) {
      // Without forwards there are no flows, and starting a program is the most expensive part of an observation.
      if (applied?.length === 0) return [];
      return flowsByForward(await listFlows(signal), readFlowTimeouts());
    },
    packets: packetsPassed,
    endFlows: async (gone, signal) => await endFlows(gone, abilities.has("instant-endings"), signal),
  };
}
