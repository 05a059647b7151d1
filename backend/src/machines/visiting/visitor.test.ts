import { pino } from "pino";
import { expect, test } from "vitest";
import { connectedNode, machineRuntime } from "../../testing.ts";
import type { ObservedMachine } from "../watch/watch.ts";
import type { VisitAnswer } from "./visit-ports.ts";
import { createNodeVisitor, type NodeToVisit } from "./visitor.ts";

/** A machine that is up, with an address of its own per name. */
function machine(name: string, more: Partial<ObservedMachine> = {}): ObservedMachine {
  return {
    ...{
      key: `key-${name}`,
      containerId: `id-of-${name}`,
      run: "running",
      targetId: "t",
      targetStartedAt: "",
    },
    ...{ spec: "", tag: "", inspection: null, hangs: false },
    node: { ...connectedNode, name, addresses: [`100.64.0.${name.charCodeAt(0)}`] },
    details: {
      ...{ version: "1", health: [], deviceId: name, hostname: name, certDomains: [] },
      capabilities: new Set(),
    },
    ...more,
  };
}

const allow = (source: string, port = 80) => ({
  IPProto: [6],
  Srcs: [source],
  Dsts: [{ Net: "100.64.0.1/32", Ports: { First: port, Last: port } }],
});
const A = "100.64.0.97/32";
const B = "100.64.0.98/32";
const EVERYBODY = [allow("0.0.0.0/0"), allow("0.0.0.0/0", 443)];

interface Scene {
  present: readonly ObservedMachine[];
  filter: NodeToVisit["filter"];
  ports: readonly number[];
  tun: "kernel" | "userspace";
  /** Output of each machine's program; it fails if there is none. */
  answers: Readonly<Record<string, readonly VisitAnswer[]>>;
  /** Names of the machines whose pings get no answer. */
  deaf: readonly string[];
  /** The machine that is gone after its visit. */
  ends: string;
}

async function visit(more: Partial<Scene>) {
  const scene: Scene = {
    ...{ present: [machine("a")], filter: EVERYBODY, ports: [80], tun: "kernel" },
    ...{ answers: { a: ["taken"] }, deaf: [], ends: "" },
    ...more,
  };
  let { present } = scene;
  const asked: string[] = [];
  const visitNode = createNodeVisitor({
    engine: {
      async runInOwn(id, command) {
        const name = id.replace("id-of-", "");
        asked.push(`${name} ${command.slice(3).join(" ")}`);
        present = present.filter(({ containerId }) => containerId !== `id-of-${scene.ends}`);
        const answers = scene.answers[name];
        return await Promise.resolve(
          answers ? { code: 0, output: JSON.stringify(answers) } : { code: 137, output: "Killed" },
        );
      },
    },
    localApi: (key) => ({
      ping: async () => await Promise.resolve(scene.deaf.includes(key.replace("key-", "")) ? null : 3),
      async dial(address, port) {
        const name = key.replace("key-", "");
        asked.push(`${name} dials ${address}:${port}`);
        const answer = scene.answers[name]?.[scene.ports.indexOf(port)] ?? "unable";
        return await Promise.resolve(answer === "unable" ? null : answer);
      },
    }),
    machines: () => ({ runtime: { ...machineRuntime, tun: scene.tun }, present }),
    log: pino({ level: "silent" }),
  });
  const { addresses, tailnet } = connectedNode;
  const outcome = await visitNode({ addresses, tailnet, ports: scene.ports, filter: scene.filter });
  return { outcome, asked };
}

const VISITS_80 = "a visit 100.64.0.1 80";

test.each<[string, Partial<Scene>, object, readonly string[]]>([
  ["meets the node", {}, { kind: "met", by: "a", ports: [80] }, [VISITS_80]],
  [
    "meets it at every port that the rules allow",
    { ports: [80, 81, 443], answers: { a: ["taken", "taken"] } },
    { kind: "met", ports: [80, 443] },
    ["a visit 100.64.0.1 80,443"],
  ],
  [
    "finds a port that refuses",
    { ports: [80, 443], answers: { a: ["taken", "refused"] } },
    { kind: "unmet", by: "a", port: 443, answer: "refused" },
    ["a visit 100.64.0.1 80,443"],
  ],
  [
    "finds a silent port",
    { answers: { a: ["none"] } },
    { kind: "unmet", port: 80, answer: "none" },
    [VISITS_80],
  ],
  [
    "doesn't blame silence on the node without the rules",
    { filter: null, answers: { a: ["none"] } },
    { kind: "unable" },
    [VISITS_80],
  ],
  [
    "blames a refusal on the node without the rules",
    { filter: null, answers: { a: ["refused"] } },
    { kind: "unmet" },
    [VISITS_80],
  ],
  [
    "is not made where the rules allow other devices only",
    { filter: [allow(B)] },
    { kind: "not-allowed", by: "a" },
    [],
  ],
  [
    "is not made from a machine that doesn't reach the node's tailscaled",
    { deaf: ["a"] },
    { kind: "cut-off", by: "a" },
    [],
  ],
  ["proves nothing when the program fails", { answers: {} }, { kind: "unable", by: "a" }, [VISITS_80]],
  [
    "proves nothing when the guard lets nothing through",
    { answers: { a: ["unable"] } },
    { kind: "unable" },
    [VISITS_80],
  ],
  [
    "proves nothing when the machine ends meanwhile",
    { answers: { a: ["none"] }, ends: "a" },
    { kind: "unable" },
    [VISITS_80],
  ],
  ["is not made without machines", { present: [] }, { kind: "nobody" }, []],
  [
    "is made by a machine's tailscaled without a TUN",
    { tun: "userspace" },
    { kind: "met" },
    ["a dials 100.64.0.1:80"],
  ],
  [
    "stops at the first port without a TUN, too",
    { tun: "userspace", ports: [80, 443], answers: { a: ["refused", "taken"] } },
    { kind: "unmet", port: 80, answer: "refused" },
    ["a dials 100.64.0.1:80"],
  ],
])("a visit %s", async (_what, scene, outcome, asked) => {
  const came = await visit(scene);
  expect(came.outcome).toMatchObject(outcome);
  expect(came.asked).toEqual(asked);
});

test.each<[string, Partial<ObservedMachine>]>([
  ["of another tailnet", { node: { ...connectedNode, tailnet: "other.com" } }],
  ["that is not connected", { node: { state: "connecting", waitsFor: "the control server" } }],
  ["that does not run", { run: "stopped" }],
  ["that hangs", { hangs: true }],
  ["of an image that has no program of ours", { tag: "stable" }],
])("a machine %s visits nobody", async (_what, more) => {
  expect(await visit({ present: [machine("a", more)] })).toEqual({ outcome: { kind: "nobody" }, asked: [] });
});

const BOTH = [machine("a"), machine("b")];

test.each<[string, Partial<Scene>, object, readonly string[]]>([
  ["only one visits when it is answered", {}, { kind: "met", by: "a" }, ["a"]],
  [
    "the one that may open most ports visits",
    { ports: [80, 443], filter: [allow(A), allow(B), allow(B, 443)], answers: { b: ["taken", "taken"] } },
    { kind: "met", by: "b" },
    ["b"],
  ],
  [
    "the other one shows that a firewall stopped the first",
    { answers: { a: ["none"], b: ["taken"] } },
    { kind: "met", by: "b" },
    ["a", "b"],
  ],
  [
    "the other one clears no port that it didn't visit",
    {
      ports: [80, 443],
      filter: [allow(A), allow(A, 443), allow(B, 443)],
      answers: { a: ["none"], b: ["taken"] },
    },
    { kind: "unmet", by: "a", port: 80 },
    ["a", "b"],
  ],
  [
    "the first one's failure is told when the other one can't visit",
    { answers: { a: ["none"] } },
    { kind: "unmet", by: "a" },
    ["a", "b"],
  ],
  [
    "the other one visits when the first doesn't reach the node",
    { deaf: ["a"], answers: { b: ["refused"] } },
    { kind: "unmet", by: "b" },
    ["b"],
  ],
])("of two machines, %s", async (_what, scene, outcome, asked) => {
  const came = await visit({ present: BOTH, ...scene });
  expect(came.outcome).toMatchObject(outcome);
  expect(came.asked.map((call) => call.split(" ")[0])).toEqual(asked);
});

test("visits are made one after the other", async () => {
  let under = 0;
  const visitNode = createNodeVisitor({
    engine: {
      async runInOwn() {
        under += 1;
        expect(under).toBe(1);
        await Promise.resolve();
        under -= 1;
        return { code: 0, output: '["taken"]' };
      },
    },
    localApi: () => ({
      ping: async () => await Promise.resolve(1),
      dial: async () => await Promise.resolve(null),
    }),
    machines: () => ({ runtime: machineRuntime, present: [machine("a")] }),
    log: pino({ level: "silent" }),
  });
  const node = { ...connectedNode, ports: [80], filter: null };
  const outcomes = await Promise.all([visitNode(node), visitNode(node), visitNode(node)]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["met", "met", "met"]);
});
