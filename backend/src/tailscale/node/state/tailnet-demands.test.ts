import { describe, expect, it, test } from "vitest";
import { LoginProfile, Notify, Prefs, Status } from "../../localapi/types.ts";
import { healthAlerts } from "./node-health.ts";
import { initialMemory, type NodeEvent, reduce } from "./node-memory.ts";
import { nodeState } from "./node-state.ts";

const LOCKED =
  "this node is locked out; it will not have connectivity until it is signed. For more info, see …";
const NO_LOGS =
  "tailnet requires logging to be enabled. Remove --no-logs-no-support from tailscaled command line.";
const NODE_KEY = `nodekey:${"a".repeat(64)}`;

const current = LoginProfile.parse({ ID: "a1" });
const observed = (
  state: string,
  {
    health = [],
    wanted = true,
    keysToSign = [],
  }: { health?: string[]; wanted?: boolean; keysToSign?: string[] } = {},
): NodeEvent => ({
  kind: "observed",
  status: Status.parse({
    Version: "1.102.3",
    BackendState: state,
    Self: { HostName: "docker", DNSName: "docker.tail.test.", PublicKey: NODE_KEY, Online: true },
    Health: health,
  }),
  prefs: Prefs.parse({ ControlURL: "", Hostname: "docker", CorpDNS: false, WantRunning: wanted }),
  profiles: { all: [current], current },
  keysToSign,
});
const refused: NodeEvent = { kind: "notify", notify: Notify.parse({ ErrMessage: NO_LOGS }) };
const after = (...events: NodeEvent[]) =>
  events.reduce(reduce, reduce(initialMemory, { kind: "daemon-running" }));

describe("a device that tailnet lock locks out", () => {
  it.each([
    [[NODE_KEY, "tlpub:1"], `tailscale lock sign ${NODE_KEY} tlpub:1`],
    [[NODE_KEY], `tailscale lock sign ${NODE_KEY}`],
  ])("is not connected; with the keys %j the fault ends with the command '%s'", (keysToSign, command) => {
    expect(nodeState(after(observed("Running", { health: [LOCKED], keysToSign })))).toMatchObject({
      state: "failed",
      fault: {
        ...{ code: "TAILNET_LOCKED_OUT", command },
        hint: `On a device with a trusted key, run: ${command}`,
      },
    });
  });

  it("is not connected, and has no command while its keys are not known", () => {
    const state = nodeState(after(observed("Running", { health: [LOCKED], keysToSign: [] })));
    expect(state).toMatchObject({ fault: { hint: "Sign it on a device with a trusted key." } });
    expect(state).not.toHaveProperty("fault.command");
  });

  it.each([
    ["signed", observed("Running"), "connected"],
    ["paused", observed("Stopped", { health: [LOCKED], wanted: false }), "paused"],
  ])("is what it was when it is %s", (_what, event, state) => {
    expect(nodeState(after(observed("Running", { health: [LOCKED] }), event))).toMatchObject({ state });
  });
});

describe("a tailnet with network flow logs", () => {
  const codes = (...events: NodeEvent[]) => healthAlerts(after(...events)).map(({ code }) => code);

  it.each(["Running", "Starting", "Stopped"])("is named as the reason of the pause in state %s", (state) => {
    expect(codes(refused, observed(state, { wanted: false }))).toEqual(["FLOW_LOGS_REQUIRED"]);
  });

  const exited: NodeEvent = { kind: "daemon-exited", exits: 1 };
  const running: NodeEvent = { kind: "daemon-running" };

  it("is named again once a tailscaled that has started again is seen paused, until the user resumes", () => {
    const paused = observed("Stopped", { wanted: false });
    expect(codes(refused, paused, exited, running, paused)).toEqual(["FLOW_LOGS_REQUIRED"]);
    expect(codes(refused, paused, exited, running, paused, observed("Starting"), paused)).toEqual([]);
    expect(codes(refused, paused, observed("Running"), exited, running, paused)).toEqual([]);
  });

  it("is a reason of the account that met it, and of no other", () => {
    const other = LoginProfile.parse({ ID: "b2" });
    const elsewhere = (wanted: boolean): NodeEvent => {
      const seen = observed(wanted ? "Running" : "Stopped", { wanted });
      return seen.kind === "observed"
        ? { ...seen, profiles: { all: [current, other], current: other } }
        : seen;
    };
    const paused = observed("Stopped", { wanted: false });
    expect(codes(refused, paused, exited, running, elsewhere(false))).toEqual([]);
    expect(codes(refused, paused, elsewhere(true), elsewhere(false))).toEqual([]);
    expect(codes(refused, paused, elsewhere(true), exited, running, paused)).toEqual(["FLOW_LOGS_REQUIRED"]);
  });

  it("is not named after the user has resumed, nor before a tailscaled that has started again is seen", () => {
    const paused = observed("Stopped", { wanted: false });
    expect(codes(refused, paused, observed("Running"))).toEqual([]);
    expect(codes(refused, paused, exited)).toEqual([]);
    expect(codes(refused, paused, observed("Running"), refused, paused)).toEqual(["FLOW_LOGS_REQUIRED"]);
  });

  test("is no fault of the login that met it", () => {
    const asked: NodeEvent = { kind: "login-asked", byKey: true, renews: null };
    expect(after(asked, refused).login?.error).toBeNull();
  });
});
