import type { Exposure } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { describe, expect, it } from "vitest";
import { stateWords } from "../features/node/node-words.ts";
import {
  APPROVAL_URL,
  fault,
  IDENTITY,
  machineShare,
  share,
  snapshot,
  workload,
} from "../testing/fixtures.ts";
import { type Outage, outageOf } from "./outage.ts";
import { statusOf, toneOf, wordsOf } from "./status.ts";

const OUTAGES: readonly Outage[] = ["backend", "engine", "control", "node"];
const ENDPOINTS = { endpoints: [], unanswered: [] };
const EXPOSURES: readonly Exposure[] = [
  { state: "live", ...ENDPOINTS },
  { state: "live", ...ENDPOINTS, unanswered: [{ port: 80, protocol: "tcp", reason: "refused" }] },
  { state: "pending", progress: "Joining…" },
  { state: "waiting", reason: "node-offline" },
  { state: "needs-approval", by: "admin", url: APPROVAL_URL },
  { state: "failed", fault: fault() },
];

describe("an outage", () => {
  const cases = OUTAGES.flatMap((outage) =>
    EXPOSURES.flatMap((exposure) =>
      (["node", "machine"] as const).map((mode) => ({ outage, exposure, mode, state: exposure.state })),
    ),
  );
  const reachable = (outage: Outage, mode: string) => outage === "node" && mode === "machine";

  it.each(cases)("leaves no share green that may not be: $outage, $mode, $state", (row) => {
    const { outage, exposure, mode } = row;
    const item = workload({ share: mode === "node" ? share({ exposure }) : machineShare({}, { exposure }) });
    const [calm, status] = [statusOf(item, undefined), statusOf(item, undefined, outage)];
    if (exposure.state !== "live" || reachable(outage, mode)) {
      expect([toneOf(status), wordsOf(status)]).toEqual([toneOf(calm), wordsOf(calm)]);
      return;
    }
    expect(toneOf(status)).toBe("waiting");
    expect(wordsOf(status)).toMatch(/^Shared · ./);
  });

  it.each(OUTAGES)("changes nothing of a container that isn't shared: %s", (outage) => {
    expect(wordsOf(statusOf(workload(), undefined, outage))).toBe("Not shared");
  });

  const healthy = snapshot();
  const down = { failures: 2 };
  const up = { failures: 0 };
  const engine = { state: "unreachable", fault: fault({ code: "ENGINE_UNREACHABLE" }) } as const;
  const control = [fault({ code: "CONTROL_UNREACHABLE" })];
  const paused = { ...IDENTITY, state: "paused" } as const;
  const expired = { state: "expired", name: "docker", login: null, fault: null } as const;
  const known: readonly [string, Snapshot, { failures: number }, Outage | null][] = [
    ["all is well", healthy, up, null],
    ["one poll was lost", healthy, { failures: 1 }, null],
    ["the backend is away", healthy, down, "backend"],
    ["the engine is away", { ...healthy, engine }, up, "engine"],
    ["the control server is away", { ...healthy, alerts: control }, up, "control"],
    ["another alert", { ...healthy, alerts: [fault({ code: "STORE_DAMAGED" })] }, up, null],
    ["sharing is paused", { ...healthy, node: paused }, up, "node"],
    ["the key has expired", { ...healthy, node: expired }, up, "node"],
    ["the node connects", { ...healthy, node: { state: "connecting", waitsFor: "it" } }, up, "node"],
    ["all at once", { ...healthy, engine, alerts: control, node: expired }, down, "backend"],
  ];
  it.each(known)("is found in the snapshot and the lost polls: %s", (_, now, link, outage) => {
    expect(outageOf(now, link)).toBe(outage);
    const { tone } = stateWords(now.node, outage);
    expect(tone === "good").toBe(outage === null);
  });
});
