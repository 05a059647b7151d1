import { expect, test } from "vitest";
import { Status, Warning } from "../../localapi/types.ts";
import { healthAlerts, updates, wantedUpdates } from "./node-health.ts";
import { initialMemory, type NodeMemory } from "./node-memory.ts";
import { nodeState } from "./node-state.ts";

function memory(
  clientVersion: object | null,
  warnings: Record<string, object> = {},
  version = "1.102.3",
): NodeMemory {
  return {
    ...initialMemory,
    status: Status.parse({
      Version: `${version}-t9329c3677-g0123456`,
      BackendState: "Running",
      ClientVersion: clientVersion,
    }),
    warnings: Object.fromEntries(
      Object.entries(warnings).map(([code, warning]) => [code, Warning.parse(warning)]),
    ),
  };
}

test("tells of nothing when the control server does not, or says that this is the latest", () => {
  expect(updates(initialMemory)).toEqual([]);
  expect(updates(memory(null))).toEqual([]);
  expect(updates(memory({}))).toEqual([]);
  expect(updates(memory({ RunningLatest: true }))).toEqual([]);
  expect(updates(memory({ LatestVersion: "1.102.3" }))).toEqual([]);
});

test("tells of a newer release by its version, and whether it mends a security fault", () => {
  expect(updates(memory({ LatestVersion: "1.104.0", Notify: true }))).toEqual([
    { part: "tailscale", running: "1.102.3", latest: "1.104.0", security: false, bulletin: "" },
  ]);
  expect(updates(memory({ LatestVersion: "1.104.0", UrgentSecurityUpdate: true }))).toMatchObject([
    { latest: "1.104.0", security: true },
  ]);
});

test("tells of what only a health warning tells, without a version, and makes no alert of it", () => {
  const security = { "security-update-available": { Text: "…", ImpactsConnectivity: true } };
  expect(updates(memory(null, security))).toEqual([
    { part: "tailscale", running: "1.102.3", latest: "", security: true, bulletin: "" },
  ]);
  const any = { "update-available": { Text: "…", ImpactsConnectivity: true } };
  expect(updates(memory(null, any))).toMatchObject([{ latest: "", security: false }]);
  expect(healthAlerts(memory(null, { ...security, ...any }))).toEqual([]);
});

test("a known security fault is told of whatever the control server says, with its bulletin", () => {
  const faulty = { part: "tailscale", running: "1.96.4", security: true, bulletin: "TS-2026-010" };
  for (const announced of [null, {}, { RunningLatest: true }])
    expect(updates(memory(announced, {}, "1.96.4"))).toEqual([{ ...faulty, latest: "1.98.9" }]);
  expect(updates(memory({ LatestVersion: "1.104.0" }, {}, "1.96.4"))).toEqual([
    { ...faulty, latest: "1.104.0" },
  ]);
});

test("only those are told of that the user wants to hear of", () => {
  const [plain] = updates(memory({ LatestVersion: "1.104.0" }));
  const [urgent] = updates(memory({ LatestVersion: "1.104.0", UrgentSecurityUpdate: true }));
  const all = [plain, urgent].flatMap((warning) => warning ?? []);
  expect(wantedUpdates(all, "all")).toEqual(all);
  expect(wantedUpdates(all, "security")).toEqual([urgent]);
  expect(wantedUpdates(all, "none")).toEqual([]);
});

test("a control server that is away is told of as soon as tailscaled has lost it, once, and not while the node warms up", () => {
  const lost: NodeMemory = { ...memory(null), daemon: { phase: "running", condition: "out-of-sync" } };
  const late = { "not-in-map-poll": { Text: "…", ImpactsConnectivity: true } };
  const away = [expect.objectContaining({ code: "CONTROL_UNREACHABLE" })];
  expect(healthAlerts(lost)).toEqual(away);
  expect(healthAlerts({ ...lost, warnings: memory(null, late).warnings })).toEqual(away);
  expect(healthAlerts(memory(null, late))).toEqual(away);
  expect(healthAlerts({ ...memory(null), controlSilent: true })).toEqual(away);
  expect(healthAlerts({ ...lost, controlSilent: true })).toEqual(away);
  expect(healthAlerts({ ...lost, warnings: memory(null, { "warming-up": {} }).warnings })).toEqual([]);
});

test("a node that is on its way into the tailnet for seconds is told to wait for the control server", () => {
  const profile = { ID: "one", ControlURL: "", NodeID: "n1" };
  const starting: NodeMemory = {
    ...memory(null),
    daemon: { phase: "running" },
    status: Status.parse({ Version: "1.102.3", BackendState: "NoState" }),
    prefs: { ControlURL: "", Hostname: "docker", CorpDNS: false, WantRunning: true, LoggedOut: false },
    profiles: { all: [profile], current: profile },
  };
  expect(nodeState(starting)).toEqual({ state: "connecting", waitsFor: "the control server" });
  expect(healthAlerts(starting)).toEqual([]);
  const lost: NodeMemory = { ...starting, daemon: { phase: "running", condition: "out-of-sync" } };
  expect(healthAlerts(lost)).toMatchObject([{ code: "CONTROL_UNREACHABLE" }]);
  const never = { ...profile, ID: "" };
  expect(nodeState({ ...lost, profiles: { all: [], current: never } }).state).toBe("starting");
  expect(healthAlerts({ ...lost, profiles: { all: [], current: never } })).toEqual([]);
});
