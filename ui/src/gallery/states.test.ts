import { NodeState } from "@tailnet-share/contract/model";
import { describe, expect, it } from "vitest";
import { STATE_IDS, STATES } from "./states.ts";

describe("the gallery", () => {
  it("has an address for each state", () => {
    expect(new Set(STATE_IDS).size).toBe(STATE_IDS.length);
    for (const id of STATE_IDS) expect(id).toMatch(/^[a-z0-9-]+$/);
  });

  it("shows the node in each of its states", () => {
    const shown = new Set(STATES.map(({ snapshot }) => snapshot?.node.state));
    for (const { shape } of NodeState.options) {
      const [state] = shape.state.values;
      expect(shown).toContain(state);
    }
  });
});
