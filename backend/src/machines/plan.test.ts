import { expect, test } from "vitest";
import { connectedNode, container, noMachineSettings, machineRuntime as runtime } from "../testing.ts";
import { machineContainers, machineSpec } from "./container/container.ts";
import type { Retirement } from "./container/undo-time.ts";
import { helperContainers, helperSpec } from "./namespace/namespace-runner.ts";
import type { ObservedMachines } from "./observed-machines.ts";
import {
  identity,
  KEY,
  loggedOut,
  machineShare,
  named,
  observedMachines,
  options,
  running,
  settled,
  steps,
  targetIds,
  web,
  wished,
} from "./plan.testing.ts";

test("makes one anew that hangs for good", () => {
  const hanging = { ...settled, present: [running(connectedNode, { hangs: true })] };
  expect(steps([machineShare()], observedMachines(hanging))).toMatchObject([
    { kind: "machine-stop", key: KEY, namespaceLives: true },
  ]);
});

test("starts a machine for a container that runs, and nothing for one that does not", () => {
  expect(steps([machineShare()], observedMachines())).toMatchObject([
    { kind: "machine-start", key: KEY, wish: { name: "web", targetId: web.id, targetStartedAt: "first" } },
  ]);
  expect(steps([machineShare()], observedMachines(), [container("web", { run: "stopped" })])).toEqual([]);
  expect(steps([machineShare()], observedMachines(settled), [container("web", { run: "paused" })])).toEqual(
    [],
  );
  expect(steps([machineShare()], observedMachines(), [])).toEqual([]);
});

test("plans nothing when the machine is up under its name", () => {
  expect(steps([machineShare()], observedMachines(settled))).toEqual([]);
});

test("logs in a machine that is new, leaves alone a link that waits for a person, and uses a credential that came since", () => {
  const login = [{ kind: "machine-login", key: KEY, name: "web" }];
  const waiting = { ...loggedOut, login: { url: "https://control.test/register/x" } };
  expect(steps([machineShare()], observedMachines({ present: [running(loggedOut)] }))).toEqual(login);
  expect(steps([machineShare()], observedMachines({ present: [running(waiting)] }))).toEqual([]);
  expect(
    steps([machineShare()], observedMachines({ present: [running(waiting)] }), [web], {
      ...noMachineSettings,
      hasCredential: true,
    }),
  ).toEqual(login);
});

test("writes down where a machine is found, looks inside once, and renames it live", () => {
  const fresh = running(connectedNode, { inspection: null });
  expect(
    steps([machineShare()], observedMachines({ present: [fresh], identities: new Map([[KEY, null]]) })),
  ).toEqual([
    { kind: "machine-note", key: KEY, identity },
    { kind: "machine-look", ...targetIds, life: null, reachTailnet: false, ports: named, askTls: null },
  ]);
  const renamed = machineShare({ machine: { key: KEY, ...options, name: "shop" } });
  expect(steps([renamed], observedMachines(settled))).toEqual([
    { kind: "machine-adjust", key: KEY, name: "shop" },
  ]);
});

test("removes the machine of a container that has stopped, was started anew or was re-created, then starts it again", () => {
  const stop = (namespaceLives: boolean) => [
    { kind: "machine-stop", key: KEY, containerId: "id-of-m", targetId: web.id, namespaceLives },
  ];
  const stopped = container("web", { run: "stopped" });
  expect(
    steps([machineShare()], observedMachines({ ...settled, targetStarts: new Map() }), [stopped]),
  ).toEqual(stop(false));
  expect(
    steps([machineShare()], observedMachines({ ...settled, targetStarts: new Map([[web.id, "second"]]) })),
  ).toEqual(stop(false));
  const anew = container("web", { id: "another" });
  const starts = new Map([["another", "second"]]);
  expect(steps([machineShare()], observedMachines({ ...settled, targetStarts: starts }), [anew])).toEqual(
    stop(false),
  );
  expect(
    steps([machineShare()], observedMachines({ ...settled, present: [], targetStarts: starts }), [anew]),
  ).toMatchObject([{ kind: "machine-start", wish: { targetId: "another", targetStartedAt: "second" } }]);
});

const retirement = (more: Partial<Retirement>): Retirement => ({
  ...{ key: KEY, workload: "name:web", name: "web", since: 0, dueAt: 0, dismissed: false },
  ...more,
});

test("forgets a dismissed machine as soon as its container is gone, and never tells its tailnet", () => {
  const retiring = [retirement({ dueAt: 10, dismissed: true })];
  expect(steps([], observedMachines({ ...settled, retiring, at: 20 })).map(({ kind }) => kind)).toEqual([
    "machine-stop",
  ]);
  expect(steps([], observedMachines({ retiring, at: 0 }))).toEqual([
    { kind: "machine-forget", key: KEY, name: "web" },
  ]);
  const kinds = steps([machineShare()], observedMachines({ ...settled, retiring })).map(({ kind }) => kind);
  expect(kinds).not.toContain("machine-forget");
});

test("a machine that is switched off is removed from a namespace that lives on, and retired a while later", () => {
  const retiring = (dueAt: number) => [retirement({ dueAt })];
  expect(steps([], observedMachines({ ...settled, retiring: retiring(0), at: 5 }))).toEqual([
    { kind: "machine-stop", key: KEY, containerId: "id-of-m", targetId: web.id, namespaceLives: true },
  ]);
  expect(steps([], observedMachines({ retiring: retiring(10), at: 9 }))).toEqual([]);
  expect(steps([], observedMachines({ retiring: retiring(10), at: 10 }))).toEqual([
    { kind: "machine-retire", key: KEY, name: "web" },
  ]);
});

test("an identity whose share is not known is left alone: the store may have been lost", () => {
  expect(steps([], observedMachines({ identities: new Map([[KEY, identity]]) }))).toEqual([]);
});

test("never two machines for one workload", () => {
  const twin = running(connectedNode, { containerId: "twin" });
  expect(
    steps([machineShare()], observedMachines({ ...settled, present: [...settled.present, twin] })),
  ).toEqual([
    { kind: "machine-stop", key: KEY, containerId: "twin", targetId: web.id, namespaceLives: true },
  ]);
});

test("a helper that was left is removed, and its machine stays", () => {
  const helpers = [{ key: KEY, containerId: "helper" }];
  expect(steps([machineShare()], observedMachines({ ...settled, helpers }))).toEqual([
    { kind: "machine-stop", key: KEY, containerId: "helper", targetId: "", namespaceLives: false },
  ]);
  const machine = container("m", { labels: machineSpec(wished(), runtime).labels });
  const helper = container("h", { labels: helperSpec(wished(), ["tidy"], runtime).labels });
  const { installation } = runtime;
  expect(helperContainers([machine, helper, web], installation)).toEqual([
    { key: KEY, containerId: helper.id },
  ]);
  expect(machineContainers([helper], installation)).toEqual([]);
  expect(helperContainers([helper], "another")).toEqual([]);
});

test("machines rest while the extension is paused or logged out, or in another tailnet", () => {
  const stop = [
    { kind: "machine-stop", key: KEY, containerId: "id-of-m", targetId: web.id, namespaceLives: true },
  ];
  for (const state of ["paused", "logged-out"] as const)
    expect(steps([machineShare()], observedMachines({ ...settled, tailnet: { state, home: null } }))).toEqual(
      stop,
    );
  const elsewhere = { state: "connected" as const, home: "https://other.test x" };
  expect(steps([machineShare()], observedMachines({ ...settled, tailnet: elsewhere }))).toEqual(stop);
});

test("while the extension's own node is in trouble, machines go on and new ones wait", () => {
  const tailnet = { state: "connecting" as const, home: null };
  expect(steps([machineShare()], observedMachines({ ...settled, tailnet }))).toEqual([]);
  expect(steps([machineShare()], observedMachines({ tailnet }))).toEqual([]);
  const known = new Map([[KEY, identity]]);
  expect(steps([machineShare()], observedMachines({ tailnet, identities: known }))).toMatchObject([
    { kind: "machine-start" },
  ]);
});

test("while it is not known whether the extension is paused, machines go on and none is started", () => {
  const tailnet = { state: "starting" as const, home: null };
  const known = new Map([[KEY, identity]]);
  expect(steps([machineShare()], observedMachines({ ...settled, tailnet }))).toEqual([]);
  expect(steps([machineShare()], observedMachines({ tailnet, identities: known }))).toEqual([]);
});

test("another version of tailscale, or another right, is another container", () => {
  expect(
    steps([machineShare()], observedMachines({ ...settled, images: new Set(["v1.102"]) }), [web], {
      ...noMachineSettings,
      tag: "v1.102",
    }),
  ).toMatchObject([{ kind: "machine-stop" }]);
  const reach = machineShare({ machine: { key: KEY, ...options, reachTailnet: true } });
  expect(steps([reach], observedMachines(settled))).toMatchObject([{ kind: "machine-stop" }]);
});

test("plans no machine for a container that cannot be one, although it is wanted", () => {
  const host = container("web", { networkMode: { kind: "host" } });
  expect(
    steps([machineShare()], observedMachines({ targetStarts: new Map([[host.id, "first"]]) }), [host]),
  ).toEqual([]);
});

const v9 = { ...noMachineSettings, tag: "v9" };

test("another version is fetched once for all machines that run, and they are stopped when it is there", () => {
  const current = running(connectedNode);
  const kinds = (more: Partial<ObservedMachines>) =>
    steps([machineShare()], observedMachines({ present: [current], ...more }), [web], v9).map(
      ({ kind }) => kind,
    );
  expect(kinds({})).toContain("machine-fetch");
  expect(kinds({})).not.toContain("machine-stop");
  const [fetch] = steps([machineShare()], observedMachines({ present: [current] }), [web], v9);
  expect(fetch).toEqual({ kind: "machine-fetch", key: "image:v9", tag: "v9" });
  expect(kinds({ images: new Set(["v9"]) })).toEqual(["machine-stop"]);
});

test("a machine whose container was started anew goes at once, whatever version is to come", () => {
  const targetStarts = new Map([[web.id, "second"]]);
  const planned = steps(
    [machineShare()],
    observedMachines({ present: [running(connectedNode)], targetStarts }),
    [web],
    v9,
  );
  expect(planned.map(({ kind }) => kind)).toEqual(["machine-stop"]);
});

test("the bundled version is always there", () => {
  const current = { ...running(connectedNode), tag: "v9", spec: "another" };
  const planned = steps([machineShare()], observedMachines({ present: [current] }));
  expect(planned.map(({ kind }) => kind)).toEqual(["machine-stop"]);
});
