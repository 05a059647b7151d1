import { describe, expect, it } from "vitest";
import { decoded, encoded } from "../machines/device/state-file.ts";
import type { Identities } from "./identities.ts";
import { withoutDemands } from "./restored-state.ts";

const HOME = "https://control.example example.com";
const Config = { PrivateNodeKey: "privkey:bb", NodeID: "n1" };
const base64 = (text: string) => Buffer.from(text).toString("base64");

function state(prefs: object = {}, more: object = {}): string {
  return JSON.stringify({
    _machinekey: base64("privkey:aa"),
    "_current-profile": base64("profile-ab12"),
    _profiles: encoded({
      ab12: {
        ID: "ab12",
        Key: "profile-ab12",
        NodeID: "n1",
        ControlURL: "https://evil.example",
        Name: "anna",
      },
    }),
    "profile-ab12": encoded({ Config, Hostname: "docker", WantRunning: true, ...prefs }),
    ...more,
  });
}

const identities = (text: string): Identities => ({
  node: { deviceId: "n1", home: HOME, state: text },
  machines: [{ key: "00000000000000aa", workload: "name:web", deviceId: "n1", home: HOME, state: text }],
});
function restored(text: string) {
  const { node, machines } = withoutDemands(identities(text));
  return [node, ...machines].map((identity) => JSON.parse(identity?.state ?? "{}") as Record<string, string>);
}
const prefsOf = (file: Record<string, string> | undefined, key = "profile-ab12") =>
  JSON.parse(decoded(file?.[key])) as Record<string, unknown>;

describe("a restored state", () => {
  it.each([
    ["a shell", { RunSSH: true }],
    ["the web client", { RunWebClient: true }],
    ["routes", { AdvertiseRoutes: ["0.0.0.0/0"], RouteAll: true }],
    ["an exit node", { ExitNodeID: "n9", ExitNodeAllowLANAccess: true }],
    ["another control server", { ControlURL: "https://evil.example" }],
    ["services", { AdvertiseServices: ["svc:x"], AppConnector: { Advertise: true } }],
    ["another owner", { OperatorUser: "mallory", Egg: true, ProfileName: "x" }],
  ])("says who the device is and does not ask for %s [S051]", (_what, hostile) => {
    const [node, machine] = restored(state(hostile));
    const plain = {
      Config,
      Hostname: "docker",
      ControlURL: "https://control.example",
      WantRunning: true,
      ShieldsUp: false,
      RunSSH: false,
      RunWebClient: false,
      RouteAll: false,
      CorpDNS: false,
      AdvertiseRoutes: null,
      AdvertiseServices: null,
    };
    expect(prefsOf(node)).toEqual({ ...plain, NetfilterMode: 2 });
    expect(prefsOf(machine)).toEqual({ ...plain, NetfilterMode: 0 });
  });

  it("has no served ports, nor anything else that tailscaled keeps there [S052]", () => {
    const [node] = restored(
      state(
        {},
        { "_serve/ab12": encoded({ TCP: { 22: { TCPForward: "127.0.0.1:22" } } }), _daemon: base64("x") },
      ),
    );
    expect(Object.keys(node ?? {}).toSorted()).toEqual([
      "_current-profile",
      "_machinekey",
      "_profiles",
      "profile-ab12",
    ]);
    expect(prefsOf(node, "_profiles")).toMatchObject({
      ab12: { ControlURL: "https://control.example", Name: "anna" },
    });
  });

  it("keeps other accounts that are logged in, each on its own control server", () => {
    const two = {
      ab12: { ID: "ab12", Key: "profile-ab12", NodeID: "n1" },
      cd34: { ID: "cd34", Key: "profile-cd34", NodeID: "n2", ControlURL: "https://other.example" },
      out: { ID: "out", Key: "profile-ef56", NodeID: "" },
    };
    const [node] = restored(
      state(
        {},
        {
          _profiles: encoded(two),
          "profile-cd34": encoded({ Config: { NodeID: "n2" }, RunSSH: true }),
          "profile-ef56": encoded({ Config: null }),
        },
      ),
    );
    expect(Object.keys(prefsOf(node, "_profiles"))).toEqual(["ab12", "cd34"]);
    expect(prefsOf(node, "profile-cd34")).toMatchObject({
      ControlURL: "https://other.example",
      RunSSH: false,
    });
    expect(node?.["profile-ef56"]).toBeUndefined();
  });

  it.each([
    ["of another device", state({}, { _profiles: encoded({ ab12: { Key: "profile-ab12", NodeID: "n7" } }) })],
    ["of nobody", state({ Config: null })],
    ["without profiles", state({}, { _profiles: base64("") })],
    ["with a current profile that is none", state({}, { "_current-profile": base64("../x") })],
    ["without a machine key", state({}, { _machinekey: undefined })],
    ["that tailscaled has not written", "n-key"],
  ])("is refused when it is one %s [S053]", (_what, text) => {
    expect(() => withoutDemands(identities(text))).toThrow(
      expect.objectContaining({ code: "BACKUP_UNREADABLE" }),
    );
  });
});
