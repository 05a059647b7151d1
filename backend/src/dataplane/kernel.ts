import { packetsPassed } from "./cards.ts";
import { flowsByForward } from "./conntrack.ts";
import type { DataPlane } from "./data-plane.ts";
import type { Abilities } from "./kernel-features.ts";
import { endFlows, listFlows } from "./kernel-programs.ts";
import { KernelTable } from "./kernel-table.ts";
import { carriedCounters } from "./nft-json.ts";
import { readFlowTimeouts } from "./quiet.ts";
import { renderRuleset, ruleCount } from "./ruleset.ts";

/** Kernel NAT by nftables, in the backend's own network namespace. */
export function createKernelDataPlane(abilities: Abilities): DataPlane {
  const table = new KernelTable(ruleCount(abilities));
  return {
    mode: "kernel",
    observe: async (signal) => await table.observe(signal),
    async replace(forwards, before, signal) {
      await table.replace(renderRuleset(forwards, carriedCounters(before), abilities), forwards, signal);
    },
    intact: async (signal) => await table.intact(signal),
    async flows(signal) {
      // Without forwards there are no flows, and starting a program is the most expensive part of an observation.
      if (table.forwards()?.length === 0) return [];
      return flowsByForward(await listFlows(signal), readFlowTimeouts());
    },
    packets: packetsPassed,
    endFlows: async (gone, signal) => await endFlows(gone, abilities.has("instant-endings"), signal),
  };
}
