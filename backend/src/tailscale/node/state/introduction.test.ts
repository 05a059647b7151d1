import { describe, expect, it } from "vitest";
import { LoginProfile, Prefs, Status } from "../../localapi/types.ts";
import { initialMemory, type NodeEvent, reduce } from "./node-memory.ts";
import { nodeState } from "./node-state.ts";

const observed = (BackendState: string): NodeEvent => {
  const current = LoginProfile.parse({ ID: "profile" });
  return {
    kind: "observed",
    status: Status.parse({
      Version: "1",
      BackendState,
      Self: { HostName: "docker", DNSName: "", PublicKey: "new" },
    }),
    prefs: Prefs.parse({ ControlURL: "", Hostname: "", CorpDNS: false, WantRunning: true }),
    profiles: { all: [current], current },
  };
};
const stateAfter = (...events: NodeEvent[]): string => {
  const memory = [{ kind: "daemon-running" } as const, ...events].reduce(reduce, initialMemory);
  return nodeState(memory).state;
};
const login: NodeEvent = { kind: "login-asked", byKey: true, renews: null };
const renewal: NodeEvent = { kind: "login-asked", byKey: true, renews: "old" };
const introduced: NodeEvent = { kind: "introduced" };

describe("a node that was logged in as a new device", () => {
  it.each<[string, NodeEvent[], string]>([
    ["is connecting until another device has answered", [login, observed("Running")], "connecting"],
    ["is connected then", [login, observed("Running"), introduced], "connected"],
    [
      "stays connected afterwards",
      [login, observed("Running"), introduced, observed("Running")],
      "connected",
    ],
    ["waits for approval first", [login, observed("NeedsMachineAuth")], "needs-approval"],
    [
      "is introduced after its approval",
      [login, observed("NeedsMachineAuth"), observed("Running")],
      "connecting",
    ],
    [
      "is not held up by a login that was cancelled",
      [login, { kind: "login-ended" }, observed("Running")],
      "connected",
    ],
  ])("%s", (_what, events, state) => {
    expect(stateAfter(observed("NeedsLogin"), ...events)).toBe(state);
  });

  it.each<[string, NodeEvent[]]>([
    ["a start of tailscaled", [observed("Starting"), observed("Running")]],
    ["a renewal", [observed("Running"), renewal, observed("Running")]],
    [
      "a tailscaled that ended before its introduction",
      [login, { kind: "daemon-exited", exits: 1 }, { kind: "daemon-running" }, observed("Running")],
    ],
  ])("is known already after %s", (_what, events) => {
    expect(stateAfter(...events)).toBe("connected");
  });
});
