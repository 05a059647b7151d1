import { PutShare } from "@tailnet-share/contract/share";
import { describe, expect, it } from "vitest";
import { machineShare, share, workload } from "../testing/fixtures.ts";
import { isComplete, modeOf, newShare, sameShare } from "./choice.ts";

describe("how a workload is reached", () => {
  it("is what its share says, else what was picked, else what one click means", () => {
    const picked = { mode: "machine", name: null } as const;
    expect(modeOf(workload(), undefined, "node")).toBe("node");
    expect(modeOf(workload(), undefined, "machine")).toBe("machine");
    expect(modeOf(workload(), picked, "node")).toBe("machine");
    expect(modeOf(workload({ share: share() }), picked, "machine")).toBe("node");
  });
});

describe("a new share", () => {
  it("leaves to the backend what nobody picked", () => {
    expect(newShare(undefined)).toEqual({});
    expect(newShare({ mode: "machine", name: null })).toEqual({ mode: "machine" });
    expect(newShare({ mode: "node", name: "wiki" })).toEqual({ mode: "node" });
    expect(newShare({ mode: "machine", name: "wiki" })).toEqual({
      mode: "machine",
      machine: { name: "wiki" },
    });
  });
});

it("is complete unless somebody typed a name that no device can have", () => {
  expect(isComplete(undefined)).toBe(true);
  expect(isComplete({ mode: "machine", name: null })).toBe(true);
  expect(isComplete({ mode: "machine", name: "wiki" })).toBe(true);
  expect(isComplete({ mode: "machine", name: "My wiki" })).toBe(false);
  expect(isComplete({ mode: "node", name: "My wiki" })).toBe(true);
});

describe("a share that is brought back", () => {
  it("is as it was, with its name and its options", () => {
    expect(sameShare(machineShare({ name: "wiki", httpsPort: 80 }))).toEqual({
      mode: "machine",
      ports: [{ port: 80, protocol: "tcp", nodePort: 80 }],
      machine: { name: "wiki", reachTailnet: false, httpsPort: 80, funnel: false },
    });
    expect(sameShare(share())).toEqual({ mode: "node", ports: share().ports });
    const network = { available: ["app", "proxy"], chosen: "proxy", used: "proxy" };
    expect(sameShare(share({ network }))).toMatchObject({ network: "proxy" });
    const until = "2026-03-01T20:00:00Z";
    expect(sameShare(share({ until }))).toMatchObject({ until });
  });

  it("is always what the contract accepts, also without ports", () => {
    for (const before of [share(), machineShare(), machineShare({}, { ports: [] })])
      expect(PutShare.safeParse(sameShare(before)).success).toBe(true);
  });
});
