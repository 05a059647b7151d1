import { expect, test } from "vitest";
import { loggedOutDevice, logOutState, returningState } from "./log-out-state.ts";

const encoded = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");
const CONTROL = "https://control.example.com";
const state = (prefs: object, more: object = {}) =>
  JSON.stringify({
    _machinekey: encoded("privkey:aa"),
    "_current-profile": encoded("profile-ab12"),
    _profiles: encoded({ ab12: { ID: "ab12", NodeID: "7" } }),
    "profile-ab12": encoded(prefs),
    ...more,
  });
const Config = { PrivateNodeKey: "privkey:bb", NodeID: "7" };
const prefsIn = (text: string | null) =>
  JSON.parse(Buffer.from(JSON.parse(text ?? "{}")["profile-ab12"], "base64").toString());

test("the state for a logout keeps the identity and none of the other preferences [S050]", () => {
  const hostile = {
    Config,
    Hostname: "web",
    ControlURL: "https://evil.example.com",
    WantRunning: true,
    RunSSH: true,
    AdvertiseRoutes: ["0.0.0.0/0"],
    AppConnector: { Advertise: true },
    PostureChecking: true,
    ExitNodeID: "9",
  };
  const served = {
    "_serve/ab12": encoded({ TCP: { 80: { TCPForward: "10.0.0.1:80" } } }),
    other: encoded("x"),
  };
  const text = logOutState(state(hostile, served), CONTROL);
  expect(Object.keys(JSON.parse(text ?? "{}")).sort()).toEqual([
    "_current-profile",
    "_machinekey",
    "_profiles",
    "profile-ab12",
  ]);
  expect(prefsIn(text)).toEqual({
    Config,
    Hostname: "web",
    ControlURL: CONTROL,
    WantRunning: false,
    ShieldsUp: true,
    RunSSH: false,
    RunWebClient: false,
    RouteAll: false,
    CorpDNS: false,
    AdvertiseRoutes: null,
    AdvertiseServices: null,
    NetfilterMode: 0,
  });
});

test("the state for a logout has no name when the machine's name is missing or invalid", () => {
  for (const Hostname of [undefined, "", "../x", "a name"])
    expect(prefsIn(logOutState(state({ Config, Hostname }), CONTROL))).toMatchObject({
      Config,
      Hostname: "",
    });
});

test.each([
  ["nothing", ""],
  ["no state", "[]"],
  ["another profile's name", state({ Config }, { "_current-profile": encoded("../x") })],
  ["a profile that is not there", state({ Config }, { "_current-profile": encoded("profile-cd34") })],
  ["nobody", state({ Config: null })],
])("of a state that says %s there is nobody to log out", (_what, text) => {
  expect(logOutState(text, CONTROL)).toBeNull();
});

test("reads the machine key and name of a device that was logged out from its state, and nothing from an invalid state", () => {
  const machineKey = encoded(`privkey:${"0f".repeat(32)}`);
  const stateText = (prefs: object, more: object = {}) =>
    loggedOutDevice(state({ Config, ...prefs }, { _machinekey: machineKey, ...more }));
  expect(stateText({ Hostname: "web" })).toEqual({ machineKey, hostname: "web" });
  expect(stateText({ Hostname: "../x" })).toEqual({ machineKey, hostname: "" });
  for (const key of [
    undefined,
    "",
    encoded("privkey:aa"),
    encoded("0f".repeat(40)),
    encoded(`privkey:${"0".repeat(64)}`),
  ])
    expect(stateText({}, { _machinekey: key })).toBeNull();
  expect(loggedOutDevice("{")).toBeNull();
  // A state with nothing but a machine key is not logged in, so there is nobody to log out.
  expect(loggedOutDevice(returningState(machineKey))).toBeNull();
  expect(logOutState(returningState(machineKey), CONTROL)).toBeNull();
});
