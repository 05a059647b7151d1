import { expect, test } from "vitest";
import { attachment, container, observed } from "../testing.ts";
import { NO_PREFERENCES } from "./choose-network.ts";
import type { ContainerFacts } from "./facts.ts";
import { resolveTarget, type Self, staleFault } from "./targets.ts";

const self: Self = {
  id: "self",
  homeNetworkId: "id-of-0-tailnet-share",
  joined: [attachment("0-tailnet-share", "172.30.0.2"), attachment("blue", "172.20.0.2")],
};
const overlap = { code: "NETWORK_OVERLAPS" as const, message: "no", hint: "" };
const resolve = (
  container: ContainerFacts,
  others: ContainerFacts[] = [],
  starts: Readonly<Record<string, string>> = {},
  { refused = [], chosen = null }: { refused?: string[]; chosen?: string | null } = {},
) => {
  const { byId } = observed([container, ...others]);
  const surroundings = {
    byId,
    self,
    hostAddress: "172.30.0.1",
    refusals: new Map(refused.map((name) => [`id-of-${name}`, overlap])),
    starts: new Map(Object.entries(starts)),
  };
  return resolveTarget(container, surroundings, { ...NO_PREFERENCES, chosen });
};

test("a container on a network that is not joined yet is reached there once it is", () => {
  expect(resolve(container("web"))).toEqual({
    kind: "network",
    networkId: "id-of-app",
    networkName: "app",
    address: "172.18.0.5",
    joined: false,
  });
});

test("of several networks the one that is joined already is taken", () => {
  const web = container("web", {
    networks: [attachment("amber", "172.19.0.3"), attachment("blue", "172.20.0.3")],
  });
  expect(resolve(web)).toMatchObject({ networkName: "blue", joined: true });
});

const staleOf = (
  container: ContainerFacts,
  others: ContainerFacts[],
  starts: Readonly<Record<string, string>>,
) => {
  const { byId } = observed([container, ...others]);
  return staleFault(container, { byId, starts: new Map(Object.entries(starts)) });
};

const borrower = container("web", { networkMode: { kind: "container", id: "id-of-vpn" }, networks: [] });

test("a container in another one's namespace is reached at its owner, also while that is paused", () => {
  for (const run of ["running", "paused"] as const)
    expect(resolve(borrower, [container("vpn", { run })])).toMatchObject({
      kind: "network",
      address: "172.18.0.5",
    });
});

test("a container whose namespace's owner has stopped is not reachable, and neither are two that own each other", () => {
  const stopped = container("vpn", { run: "stopped" });
  expect(resolve(borrower, [stopped])).toMatchObject({ kind: "unreachable", fault: { code: "NO_NETWORK" } });
  const a = container("a", { networkMode: { kind: "container", id: "id-of-b" } });
  const b = container("b", { networkMode: { kind: "container", id: "id-of-a" } });
  expect(resolve(a, [b])).toMatchObject({ kind: "unreachable" });
});

test.each<[string, Record<string, string>, boolean]>([
  [
    "started after the lender",
    { "id-of-vpn": "2026-01-01T10:00:00.5Z", "id-of-web": "2026-01-01T10:00:01Z" },
    true,
  ],
  [
    "started before the lender was restarted",
    { "id-of-vpn": "2026-01-01T10:00:01.000000001Z", "id-of-web": "2026-01-01T10:00:00.999Z" },
    false,
  ],
  ["of unknown start", { "id-of-vpn": "2026-01-01T10:00:01Z" }, true],
  ["whose lender's start is unknown", { "id-of-web": "2026-01-01T10:00:01Z" }, true],
])("a borrower %s is reached or has to be restarted", (_when, starts, reached) => {
  const vpn = container("vpn");
  const target = resolve(borrower, [vpn], starts);
  const stale = staleOf(borrower, [vpn], starts);
  if (reached) expect(target).toMatchObject({ kind: "network" });
  else expect(target).toMatchObject({ fault: { code: "NO_NETWORK", hint: "Restart 'web'." } });
  expect(stale).toEqual(target.kind === "unreachable" ? target.fault : null);
});

test("a borrower isn't stale while it or its lender doesn't run", () => {
  const starts = { "id-of-vpn": "2026-01-01T10:00:02Z", "id-of-web": "2026-01-01T10:00:01Z" };
  expect(staleOf(borrower, [container("vpn")], starts)).toMatchObject({ hint: "Restart 'web'." });
  expect(staleOf(borrower, [container("vpn", { run: "stopped" })], starts)).toBeNull();
  expect(staleOf(borrower, [], starts)).toBeNull();
  expect(staleOf({ ...borrower, run: "stopped" }, [container("vpn")], starts)).toBeNull();
  expect(staleOf(container("db"), [], starts)).toBeNull();
});

test("a container on the host's network is reached at the host", () => {
  expect(resolve(container("web", { networkMode: { kind: "host" }, networks: [] }))).toEqual({
    kind: "host",
    address: "172.30.0.1",
  });
});

test("a container without a network or an address says so", () => {
  expect(resolve(container("web", { networkMode: { kind: "none" } }))).toMatchObject({
    fault: { code: "NO_NETWORK" },
  });
  expect(resolve(container("web", { networks: [attachment("app", "")] }))).toMatchObject({
    fault: { code: "NO_ADDRESS" },
  });
});

test("skips a network that must not be joined, and reports why when there is no other or the user chose it", () => {
  const web = container("web", {
    networks: [attachment("amber", "100.64.0.3"), attachment("coral", "172.21.0.3")],
  });
  const target = (refused: string[], chosen: string | null = null) =>
    resolve(web, [], {}, { refused, chosen });
  expect(target(["amber"])).toMatchObject({ kind: "network", networkName: "coral" });
  expect(target(["amber", "coral"])).toEqual({ kind: "unreachable", fault: overlap });
  expect(target(["amber"], "amber")).toEqual({ kind: "unreachable", fault: overlap });
});
