import { Settings } from "@tailnet-share/contract/settings";
import { Snapshot } from "@tailnet-share/contract/snapshot";
import fc from "fast-check";
import { expect, test } from "vitest";
import { containerFacts, listedContainers } from "../engine/parse.ts";
import { noMachinesSeen } from "../machines/observed-machines.ts";
import { noFaults } from "../reconcile/steps/step-faults.ts";
import { connectedNode, container, createFakeClock, observed, share } from "../testing.ts";
import { isHidden } from "../workloads/identity.ts";
import { buildSnapshot, type SnapshotInputs } from "./snapshot.ts";
import { createTrafficCounter } from "./traffic.ts";

const settings = Settings.parse({
  controlUrl: "",
  hostname: "docker",
  oneClick: "auto",
  oneClickMode: "node",
  machineCredential: { kind: "none" },
  machineTailscale: "",
  machineNames: "service",
  updateNotices: "all",
  authorities: [],
  panelOnTailnet: false,
});

function snapshotOf(inputs: Partial<SnapshotInputs>): Snapshot {
  return Snapshot.parse({
    revision: "1",
    ...buildSnapshot({
      observed: observed([]),
      unread: 0,
      node: connectedNode,
      accounts: [],
      shares: [],
      failures: noFaults,
      unanswered: new Map(),
      listeners: new Map(),
      visitor: (device) => ({ device, user: "", path: null }),
      traffic: createTrafficCounter(createFakeClock()),
      dataPlane: { mode: "kernel", fault: null, missing: [] },
      alerts: [],
      settings,
      panelOnTailnet: null,
      versions: { backend: "0.1.0", tailscale: null },
      updates: [],
      ...inputs,
    }),
  });
}

test("a container with a 700-character name is a row like any other, cut where it is too long", () => {
  const { workloads, skipped } = snapshotOf({
    observed: observed([container("n".repeat(700)), container("web")]),
  });
  expect(workloads.map(({ name }) => name)).toEqual([`${"n".repeat(249)}…`, "web"]);
  expect(skipped).toBe(0);
});

test("counts containers that the engine lists in a form that cannot be read", () => {
  expect(snapshotOf({ unread: 2 }).skipped).toBe(2);
});

test("omits and counts a row that violates the contract", () => {
  const odd = { ...share("web"), workload: "nonsense", lastContainerId: null };
  const { workloads, skipped } = snapshotOf({ shares: [odd], observed: observed([container("db")]) });
  expect(workloads.map(({ name }) => name)).toEqual(["db"]);
  expect(skipped).toBe(1);
});

test("shows the row of the replica that a share has gone to, with the share", () => {
  const labels = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": "web",
    "com.docker.compose.container-number": "2",
  };
  const stored = share("web", { workload: "compose:shop/web/1", lastContainerId: null });
  const { workloads } = snapshotOf({ shares: [stored], observed: observed([container("x", { labels })]) });
  expect(workloads.map(({ id, share: view }) => [id, view?.ports])).toEqual([
    ["compose:shop/web/2", stored.ports],
  ]);
});

test("marks a name that the engine made up", () => {
  const { workloads } = snapshotOf({ observed: observed([container("zen_curie"), container("web")]) });
  expect(workloads.map(({ identity }) => identity)).toEqual(["name", "invented-name"]);
});

test("a thousand exposed ports make no larger snapshot than a range", () => {
  const Ports = Array.from({ length: 10_000 }, (_, index) => ({ PrivatePort: 20_000 + index, Type: "udp" }));
  const row = { Id: "a".repeat(64), Names: ["/pbx"], Image: "pbx", State: "running" };
  const { rows } = listedContainers([{ ...row, Ports }]);
  const text = JSON.stringify(
    snapshotOf({ observed: observed(rows.map((row) => containerFacts(row))) }).workloads,
  );
  expect(text.length).toBeLessThan(1_500);
});

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom("", " ", "/", "web", "a/b", "n".repeat(700), "\ud800", "\u202eexe", "1", "web.1.x"),
);
const LABELS = [
  ...["project", "service", "container-number", "oneoff", "config-hash"].map(
    (key) => `com.docker.compose.${key}`,
  ),
  ...["com.docker.swarm.service.name", "com.docker.swarm.task.name", "com.docker.stack.namespace"],
  ...["devcontainer.local_folder", "devcontainer.config_file", "x"],
];
const number = fc.oneof(fc.integer({ min: -1, max: 70_000 }), fc.double(), fc.constant(null));
const engineRow = fc.record(
  {
    Id: fc.string({ unit: "grapheme", minLength: 1, maxLength: 70 }),
    Names: fc.option(
      fc.array(
        text.map((name) => `/${name}`),
        { maxLength: 2 },
      ),
    ),
    Image: text,
    ImageID: text,
    State: fc.oneof(text, fc.constantFrom("running", "exited", "paused")),
    Labels: fc.option(fc.dictionary(fc.constantFrom(...LABELS), text)),
    HostConfig: fc.option(
      fc.record({ NetworkMode: fc.oneof(text, fc.constantFrom("host", "none", "container:a")) }),
    ),
    Ports: fc.option(
      fc.array(
        fc.oneof(
          fc.record({
            PrivatePort: number,
            PublicPort: number,
            Type: fc.constantFrom("tcp", "udp", "sctp", "x", null),
          }),
          fc.anything({ maxDepth: 1, maxKeys: 3 }),
        ),
        { maxLength: 12 },
      ),
    ),
    NetworkSettings: fc.option(
      fc.record({
        Networks: fc.option(
          fc.dictionary(text, fc.record({ NetworkID: text, IPAddress: text, EndpointID: text })),
        ),
      }),
    ),
  },
  { requiredKeys: ["Id", "Image", "State"] },
);

test("whatever the engine lists, the snapshot is what the contract takes, and every container is a row or counted", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 9, arbitrary: engineRow }, fc.anything({ maxDepth: 1, maxKeys: 3 })), {
        maxLength: 12,
      }),
      (list) => {
        const { rows, unread } = listedContainers(list);
        const facts = rows.map((row) => containerFacts(row)).filter((container) => !isHidden(container));
        const { workloads, skipped } = snapshotOf({ observed: observed(facts), unread: unread.length });
        const names = new Set(workloads.map(({ id }) => id));
        expect(names.size).toBe(workloads.length);
        expect(skipped).toBe(unread.length);
      },
    ),
  );
});

test("says of an unshared container that it has to be restarted when its lender, a machine, was restarted", () => {
  const app = container("app", { networkMode: { kind: "container", id: "id-of-vpn" }, networks: [] });
  const row = (lentAt: string) => {
    const targetStarts = new Map([
      ["id-of-vpn", lentAt],
      ["id-of-app", "2026-01-01T10:00:01Z"],
    ]);
    const seen = observed([container("vpn"), app], { machines: { ...noMachinesSeen, targetStarts } });
    return snapshotOf({ observed: seen }).workloads.find(({ name }) => name === "app");
  };
  expect(row("2026-01-01T10:00:00Z")?.refusal).toBeNull();
  expect(row("2026-01-01T10:00:02Z")?.refusal).toMatchObject({
    message: expect.stringContaining("'vpn' had before it was restarted"),
    hint: "Restart 'app'.",
  });
});
