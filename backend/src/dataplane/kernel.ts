import type { DataPlane } from "./data-plane.ts";
import { packetsPassed } from "./flows/cards.ts";
import { flowsByForward } from "./flows/conntrack.ts";
import { readFlowTimeouts } from "./flows/idle-time.ts";
import { endFlows, kernelListing, listFlows } from "./kernel-programs.ts";
import { KernelTable } from "./kernel-table.ts";
import type { PanelEntrance } from "./rules/chains.ts";
import type { Abilities } from "./rules/kernel-features.ts";
import { carriedCounters } from "./rules/nft-json.ts";
import { renderRuleset, ruleCount } from "./rules/ruleset.ts";

/** Kernel NAT by nftables, in the backend's own network namespace. `panel`: null when no browser reaches the panel. */
export function createKernelDataPlane(abilities: Abilities, panel: PanelEntrance | null): DataPlane {
  const table = new KernelTable(ruleCount(abilities, panel));
  return {
    mode: "kernel",
    observe: async (signal) => await table.observe(signal),
    async replace(forwards, before, signal) {
      await table.replace(
        renderRuleset(forwards, carriedCounters(before), abilities, panel),
        forwards,
        signal,
      );
    },
    intact: async (signal) => await table.intact(signal),
    async flows(signal) {
      // Without forwards there are no flows, and starting a program is the most expensive part of an observation.
      if (table.forwards()?.length === 0) return [];
      return flowsByForward(await listFlows(signal), readFlowTimeouts());
    },
    flowsAtOnce() {
      const listing = table.forwards()?.length === 0 ? "" : kernelListing();
      return listing === null ? null : flowsByForward(listing, readFlowTimeouts());
    },
    packets: packetsPassed,
    endFlows: async (gone, signal) => await endFlows(gone, abilities.has("instant-endings"), signal),
  };
}
