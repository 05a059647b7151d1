import { CheckReport } from "@tailnet-share/contract/check";
import { MachineCredential } from "@tailnet-share/contract/machine";
import { type DataPlane, EngineState, NodeState, Update } from "@tailnet-share/contract/node";
import { Exposure, Mode } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { RunState } from "@tailnet-share/contract/workload";
import { describe, expect, it } from "vitest";
import { type Screen, screenOf } from "../model/screen.ts";
import { parsedAnswer } from "./parsed-answer.ts";
import { body, NO_ANSWER } from "./state.ts";
import { STATE_IDS, STATES } from "./states.ts";

const shown = STATES.flatMap(({ snapshot }) => snapshot ?? []);
const workloads = shown.flatMap((snapshot) => snapshot.workloads);
const exposures = workloads.flatMap(({ share }) => share?.exposure ?? []);

/** The state that shows a screen without a snapshot; null for screens that a snapshot leads to. */
const SCREENS: Record<Screen<never>["kind"], string | null> = {
  loading: "loading",
  unreachable: "unreachable",
  starting: null,
  "logged-out": null,
  "needs-approval": null,
  failed: null,
  list: null,
};

function seen<T>(pick: (snapshot: Snapshot) => T): ReadonlySet<T> {
  return new Set(shown.map(pick));
}

describe("the gallery", () => {
  it("has an address for each state", () => {
    expect(new Set(STATE_IDS).size).toBe(STATE_IDS.length);
    for (const id of STATE_IDS) expect(id).toMatch(/^[a-z0-9-]+$/);
  });

  it("shows every screen", () => {
    const screens = seen((snapshot) => screenOf(snapshot, { failures: 0, problem: null }).kind);
    for (const [kind, id] of Object.entries(SCREENS))
      if (id === null) expect(screens).toContain(kind);
      else expect(STATE_IDS).toContain(id);
    expect(STATE_IDS).toContain("broken");
  });

  it("shows the node in each of its states", () => {
    const states = seen(({ node }) => node.state);
    for (const { shape } of NodeState.options) expect(states).toContain([...shape.state.values][0]);
  });

  it("shows shares in each state that they can be in, of both modes", () => {
    const states = new Set(exposures.map(({ state }) => state));
    for (const { shape } of Exposure.options) expect(states).toContain([...shape.state.values][0]);
    for (const reason of ["container-stopped", "container-paused", "container-removed", "node-offline"])
      expect(exposures).toContainEqual({ state: "waiting", reason });
    for (const by of ["log-in", "admin"])
      expect(exposures).toContainEqual(expect.objectContaining({ state: "needs-approval", by }));
    for (const mode of Mode.options) expect(workloads.map(({ share }) => share?.mode)).toContain(mode);
  });

  it("shows the engine, the data plane and containers in each state, each credential and each kind of notice", () => {
    const engines = seen(({ engine }) => engine.state);
    for (const { shape } of EngineState.options) expect(engines).toContain([...shape.state.values][0]);
    const planes: Record<DataPlane["mode"], true> = { kernel: true, userspace: true };
    for (const mode of Object.keys(planes)) expect(seen(({ dataPlane }) => dataPlane.mode)).toContain(mode);
    const credentials = seen(({ settings }) => settings.machineCredential.kind);
    for (const { shape } of MachineCredential.options)
      expect(credentials).toContain([...shape.kind.values][0]);
    const parts = new Set(shown.flatMap(({ updates }) => updates.map(({ part }) => part)));
    for (const part of Update.shape.part.options) expect(parts).toContain(part);
    const runs = new Set(workloads.map(({ run }) => run));
    for (const run of RunState.options) expect(runs).toContain(run);
  });

  it("answers no call otherwise than the contract allows", () => {
    const route = "POST /shares/name:web/check";
    const of = { run: "running", containerId: null, exposure: { state: "pending", progress: "Starting…" } };
    expect(() =>
      parsedAnswer(route, body({ hops: [{ hop: "moon", outcome: "passed", detail: "" }], of })),
    ).toThrow();
    expect(() => parsedAnswer("GET /moon", NO_ANSWER)).toThrow("the contract has no 'GET /moon'");
    const report = CheckReport.parse({ hops: [], of });
    expect(parsedAnswer(route, body(report))).toEqual(body(report));
  });
});
