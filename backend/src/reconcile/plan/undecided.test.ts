import type { NodeState } from "@tailnet-share/contract/node";
import { expect, test } from "vitest";
import { observedMachines, running } from "../../machines/plan.testing.ts";
import { attachment, connectedNode, container, observed, share } from "../../testing.ts";
import type { Step } from "../steps/step.ts";
import { undecided } from "./plan.ts";
import { resolveShares } from "./resolve.ts";

const KEY = "00000000000000aa";
const join = { kind: "join", networkId: "id-of-app" } as const;
const later = [
  { kind: "machine-serve", key: KEY },
  { kind: "machine-certificate", key: KEY },
] as const;
const stop: Step = {
  ...{ kind: "machine-stop", key: KEY, containerId: "m", targetId: "web", namespaceLives: true },
};

test.each<[string, Partial<Parameters<typeof observed>[1]>, readonly Step[], unknown]>([
  ["the join of a network that a share could use, until it is joined", {}, [], [join]],
  ["no join of a joined network", { joined: [attachment("app", "172.18.0.9")] }, [], []],
  ["what follows a machine's step that is planned or under way", {}, [stop], [join, ...later]],
  ["nothing more for a step that concerns no machine", {}, [{ kind: "expire", workload: "web" }], [join]],
])("undecided is %s", (_what, more, known, expected) => {
  const world = observed([container("web")], more);
  expect(undecided(known, resolveShares([share("web")], world), world)).toEqual(expected);
});

test.each<[string, NodeState, boolean]>([
  ["under way", { state: "logged-out", login: { url: null }, fault: null }, true],
  ["that waits for a person", { state: "logged-out", login: { url: "https://x.test" }, fault: null }, false],
  ["that failed", { state: "logged-out", login: null, fault: null }, false],
  ["that succeeded", connectedNode, false],
])("a login %s is undecided or not", (_what, node, isUndecided) => {
  const world = observed([], { machines: observedMachines({ present: [running(node)] }) });
  expect(undecided([], [], world)).toEqual(isUndecided ? [{ kind: "machine-login", key: KEY }] : []);
});
