import { expect, test } from "vitest";
import { noHttps } from "../../https/https.ts";
import { panelFronts } from "../../https/panel-fronts.ts";
import type { StoredShare } from "../../shares/stored-share.ts";
import { attachment, container, desired, networkFacts, observed, share } from "../../testing.ts";
import type { Observed } from "../look/observe.ts";
import type { Step } from "../steps/step.ts";
import { departing, plan } from "./plan.ts";
import { resolveShares } from "./resolve.ts";

const traffic = { received: 0, sent: 0 };
const forward = { protocol: "tcp" as const, nodePort: 80, address: "172.18.0.5", port: 80 };
const app = attachment("app", "172.18.0.9");
const active = { ...forward, traffic };
const steps = (shares: StoredShare[], seen: Observed, mode: "kernel" | "userspace" = "kernel") =>
  plan(desired(shares), seen, mode);

const joinApp: Step = {
  kind: "join",
  networkId: "id-of-app",
  networkName: "app",
  refusal: null,
  neighbours: { asked: [], held: ["172.18.0.5"], waiting: 0 },
};

test("says why a network cannot be joined before it is tried", () => {
  const networks = new Map(
    [networkFacts("0-tailnet-share"), networkFacts("app", { ipv6: true })].map((one) => [one.id, one]),
  );
  const seen = observed([container("web")], { networks });
  expect(steps([share("web")], seen)).toMatchObject([{ kind: "join", refusal: { code: "EGRESS_MOVED" } }]);
  for (const wayOutRule of ["priority", "own-route"] as const)
    expect(steps([share("web")], { ...seen, wayOutRule })).toMatchObject([{ kind: "join", refusal: null }]);
  expect(steps([share("web")], { ...seen, wayOutRule: "dual-stack" })).toMatchObject([
    { kind: "join", refusal: { code: "EGRESS_MOVED" } },
  ]);
});

test("joins the container's network first, and forwards only once it is joined", () => {
  expect(steps([share("web")], observed([container("web")]))).toEqual([joinApp]);
  expect(steps([share("web")], observed([container("web")], { joined: [app] }))).toEqual([
    { kind: "forward", forwards: [forward], before: [] },
  ]);
});

test("plans nothing when everything is in place", () => {
  const seen = observed([container("web")], { joined: [app], forwards: [active] });
  expect(steps([share("web")], seen)).toEqual([]);
});

test("joins a network once for two shares, and stays while one of them is left", () => {
  const both = [container("web"), container("db", { networks: [attachment("app", "172.18.0.6")] })];
  const dbShare = share("db", { ports: [{ port: 80, protocol: "tcp", nodePort: 81 }] });
  expect(steps([share("web"), dbShare], observed(both)).filter(({ kind }) => kind === "join")).toHaveLength(
    1,
  );
  const seen = observed(both, { joined: [app], forwards: [active] });
  expect(steps([share("web")], seen)).toEqual([]);
});

test("withdraws the rules and ends the connections of a running container before it leaves the network", () => {
  const seen = observed([container("web")], { joined: [app], forwards: [active] });
  expect(steps([], seen)).toEqual([
    { kind: "forward", forwards: [], before: [active] },
    { kind: "end-flows", gone: [active] },
    { kind: "leave", networkId: "id-of-app", networkName: "app" },
  ]);
});

test("withdraws a share and leaves its network when its container stops or is removed", () => {
  const shared = { joined: [app], forwards: [active] };
  const withdrawn = [
    { kind: "forward", forwards: [], before: [active] },
    { kind: "leave", networkId: "id-of-app", networkName: "app" },
    { kind: "end-flows", gone: [active] },
  ];
  expect(steps([share("web")], observed([container("web", { run: "stopped" })], shared))).toEqual(withdrawn);
  expect(steps([share("web")], observed([], shared))).toEqual(withdrawn);
});

test("keeps a paused container's rules and network, and sets them up for one that was paused before", () => {
  const paused = container("web", { run: "paused" });
  expect(steps([share("web")], observed([paused], { joined: [app], forwards: [active] }))).toEqual([]);
  expect(steps([share("web")], observed([paused]))).toMatchObject([{ kind: "join" }]);
});

test("leaves a share on its network when another share's network, which it is on as well, is joined", () => {
  const web = container("web", {
    networks: [attachment("aa", "172.17.0.5"), attachment("app", "172.18.0.5")],
  });
  const joined = [attachment("aa", "172.17.0.9"), app];
  const other = container("db", { networks: [attachment("aa", "172.17.0.6")] });
  const seen = observed([web, other], { joined, forwards: [active] });
  const db = share("db", { ports: [{ port: 80, protocol: "tcp", nodePort: 81 }] });
  expect(steps([share("web"), db], seen)).toMatchObject([
    { kind: "forward", forwards: [forward, { nodePort: 81, address: "172.17.0.6" }] },
  ]);
});

test("withdraws a share and leaves its network while its container stops, and joins it for no other reason meanwhile", () => {
  const yielded = new Set(["id-of-web"]);
  const seen = observed([container("web")], { joined: [app], forwards: [active], yielded });
  expect(steps([share("web")], seen)).toEqual([
    { kind: "forward", forwards: [], before: [active] },
    { kind: "leave", networkId: "id-of-app", networkName: "app" },
    { kind: "end-flows", gone: [active] },
  ]);
  expect(steps([share("web")], observed([container("web")], { yielded }))).toEqual([]);
});

test("leaves the network of a container that stops for one that borrows it", () => {
  const borrower = container("guest", { networkMode: { kind: "container", id: "id-of-web" }, networks: [] });
  const seen = observed([container("web"), borrower], {
    joined: [app],
    forwards: [active],
    yielded: new Set(["id-of-web"]),
  });
  expect(steps([share("guest")], seen).map(({ kind }) => kind)).toEqual(["forward", "leave", "end-flows"]);
});

test("departures at a container's end match the plan", () => {
  const db = container("db", { networks: [attachment("back", "172.20.0.5")] });
  const dbShare = share("db", { ports: [{ port: 5432, protocol: "tcp", nodePort: 5432 }] });
  const dbForward = { ...active, nodePort: 5432, address: "172.20.0.5", port: 5432 };
  const networks = [app, attachment("back", "172.20.0.9")];
  const choices = <T>(value: T) => [[], [value]];
  for (const shares of [[share("web"), dbShare], [share("web")], []])
    for (const web of choices(container("web")))
      for (const joined of [networks, [app], []])
        for (const forwards of [[active, dbForward], [active], []])
          for (const yielded of [[], ["id-of-web"], ["id-of-db"], ["id-of-web", "id-of-db"]]) {
            const seen = observed([...web, db], { joined, forwards, yielded: new Set(yielded) });
            const planned = steps(shares, seen);
            const leaves = departing(resolveShares(shares, seen), seen);
            expect(planned.filter(({ kind }) => kind === "leave")).toEqual(leaves);
          }
});

test("follows a container to its new address", () => {
  const moved = container("web", { networks: [attachment("app", "172.18.0.7")] });
  const seen = observed([moved], { joined: [app], forwards: [active] });
  expect(steps([share("web")], seen)).toEqual([
    { kind: "forward", forwards: [{ ...forward, address: "172.18.0.7" }], before: [active] },
    { kind: "end-flows", gone: [active] },
  ]);
});

test("writes down the container that a re-creation brought", () => {
  const seen = observed([container("web", { id: "new-id" })], {
    joined: [app],
    forwards: [active],
  });
  expect(steps([share("web")], seen)).toMatchObject([
    { kind: "rebind", workload: "name:web", to: { containerId: "new-id" } },
  ]);
});

test("follows a renamed container by its ID, unless its new name is a share of its own", () => {
  const renamed = container("site", { id: "id-of-web" });
  const seen = observed([renamed], { joined: [app], forwards: [active] });
  expect(steps([share("web")], seen)).toMatchObject([
    { kind: "rebind", workload: "name:web", to: { workload: "name:site" } },
  ]);
  const site = share("site", { lastContainerId: null });
  expect(
    steps([share("web"), site], seen).filter(
      (step) => step.kind === "rebind" && step.workload === "name:web",
    ),
  ).toEqual([]);
});

test("never leaves the home network, also when it cannot tell which one that is", () => {
  const seen = observed([]);
  expect(steps([], seen)).toEqual([]);
  expect(steps([], { ...seen, self: { id: "self", homeNetworkId: null, joined: [app] } })).toEqual([]);
});

test("puts the closing rules in place when they are missing, although nothing is shared", () => {
  expect(steps([], observed([], { guarded: false }))).toEqual([
    { kind: "forward", forwards: [], before: [] },
  ]);
});

test("leaves out UDP in userspace, and does not try again and again", () => {
  const udp = share("web", { ports: [{ port: 53, protocol: "udp", nodePort: 53 }] });
  expect(steps([udp], observed([container("web")], { joined: [app] }), "userspace")).toEqual([]);
});

test("ends a share whose time is over and withdraws it in the same plan, also while the engine is away", () => {
  const seen = observed([container("web")], { joined: [app], forwards: [active], now: 5_000 });
  const expire = { kind: "expire", workload: "name:web" };
  const withdraw = { kind: "forward", forwards: [], before: [active] };
  const over = share("web", { until: 5_000 });
  expect(steps([over], seen)).toEqual([
    expire,
    withdraw,
    { kind: "end-flows", gone: [active] },
    { kind: "leave", networkId: "id-of-app", networkName: "app" },
  ]);
  const fault = { code: "ENGINE_UNREACHABLE" as const, message: "x", hint: "" };
  const away = { ...seen, engine: { state: "unreachable" as const, fault }, fresh: false };
  expect(steps([over], away)).toEqual([expire, withdraw, { kind: "end-flows", gone: [active] }]);
  expect(steps([share("web", { until: 5_001 })], seen)).toEqual([]);
});

test("a share whose time is over holds none of the others up, and does not keep the network", () => {
  const moved = container("web", { networks: [attachment("app", "172.18.0.7")] });
  const db = container("db", { networks: [attachment("app", "172.18.0.6")] });
  const over = share("db", { ports: [{ port: 80, protocol: "tcp", nodePort: 81 }], until: 5_000 });
  const dbForward = { ...active, nodePort: 81, address: "172.18.0.6" };
  const seen = observed([moved, db], { joined: [app], forwards: [active, dbForward], now: 6_000 });
  expect(steps([share("web"), over], seen)).toEqual([
    { kind: "expire", workload: "name:db" },
    { kind: "forward", forwards: [{ ...forward, address: "172.18.0.7" }], before: [active, dbForward] },
    { kind: "end-flows", gone: [active, dbForward] },
  ]);
});

test("plans withdrawals before joins, because joining may take an engine long", () => {
  const other = container("other", { networks: [attachment("elsewhere", "172.19.0.5")] });
  const seen = observed([container("web"), other], { joined: [app], forwards: [active] });
  const kinds = steps([share("other")], seen).map(({ kind }) => kind);
  expect(kinds).toEqual(["forward", "end-flows", "leave", "join"]);
});

test("a network that has taken the way out is left once nothing leads there, and joined only anew", () => {
  const seen = observed([container("web")], { forwards: [active], astray: app });
  expect(steps([share("web")], seen)).toEqual([
    { kind: "forward", forwards: [], before: [active] },
    { kind: "leave", networkId: "id-of-app", networkName: "app" },
    { kind: "end-flows", gone: [active] },
    joinApp,
  ]);
  expect(steps([], { ...seen, forwards: [] })).toEqual([
    { kind: "leave", networkId: "id-of-app", networkName: "app" },
  ]);
});

test("connections by way of a forward that is there no more are ended, however long ago it went", () => {
  const old = { ...forward, address: "172.18.0.4", visitors: [], idleSeconds: 0 };
  const own = { ...forward, visitors: ["100.64.0.7"], idleSeconds: 0 };
  const seen = observed([container("web")], { joined: [app], forwards: [active], flows: [own, old] });
  expect(steps([share("web")], seen)).toEqual([{ kind: "end-flows", gone: [old] }]);
  const moved = observed([container("web")], {
    joined: [app],
    forwards: [{ ...active, ...old }],
    flows: [old],
  });
  expect(steps([share("web")], moved)).toMatchObject([
    { kind: "forward" },
    { kind: "end-flows", gone: [{ address: "172.18.0.4" }] },
  ]);
});

test("serves the panel to the tailnet beside shares, also while the engine is away, unless a share has its port", () => {
  const https = { ...noHttps, host: "docker.tail.test", addresses: ["100.64.0.1"] };
  const wish = (shares: StoredShare[]) => ({ ...desired(shares), panel: { socket: "/run/panel.sock" } });
  const served = { kind: "serve", fronts: panelFronts({ socket: "/run/panel.sock" }, https) };
  expect(plan(wish([]), observed([], { https }), "kernel")).toEqual([served]);
  expect(plan(wish([]), observed([], { https, fresh: false }), "kernel")).toEqual([served]);
  expect(plan(desired([]), observed([], { https: { ...https, fronts: served.fronts } }), "kernel")).toEqual([
    { kind: "serve", fronts: [] },
  ]);
  const onItsPort = share("web", { ports: [{ port: 80, protocol: "tcp", nodePort: 4180 }] });
  expect(plan(wish([onItsPort]), observed([], { https }), "kernel")).toEqual([]);
});
