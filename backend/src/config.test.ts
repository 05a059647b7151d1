import { expect, test } from "vitest";
import { faultPlaces, readConfig } from "./config.ts";

test.each([
  [{}, "/var/lib/tailnet-share"],
  [{ TAILNET_SHARE_STATE: "/own" }, "/own"],
  [{ TS_STATE_DIR: "/mounted" }, "/mounted"],
  [{ TS_STATE_DIR: "/mounted", TAILNET_SHARE_STATE: "/own" }, "/own"],
  [{ TS_STATE_DIR: "/not-mounted" }, "/var/lib/tailnet-share"],
  [{ TS_STATE_DIR: "relative" }, "/var/lib/tailnet-share"],
  [{ TS_STATE_DIR: "" }, "/var/lib/tailnet-share"],
])("with %j everything is stored in %s", (environment, folder) => {
  expect(readConfig(environment, (path) => path === "/mounted").stateDirectory).toBe(folder);
});

test.each([
  ["TAILNET_SHARE_PANEL", "yes", "must be on or off"],
  ["TAILNET_SHARE_PANEL_URL", "127.0.0.1:4180", "must begin with http:// or https://"],
  ["TAILNET_SHARE_LOG_LEVEL", "verbose", "must be debug, info, warn or error"],
  ["TAILNET_SHARE_LOG_FORMAT", "xml", "must be text or json"],
  ["TAILNET_SHARE_STATE", "state", "must be an absolute path"],
  ["TAILNET_SHARE_CA_FILE", "ca.pem", "must be an absolute path"],
])("refuses %s=%s with what it must be, and without the value", (name, value, must) => {
  expect(() => readConfig({ [name]: value })).toThrow(
    expect.objectContaining({ fault: expect.objectContaining({ message: `${name} ${must}.` }) }),
  );
});

test("takes an empty variable for one that is not set", () => {
  expect(readConfig({ TAILNET_SHARE_LOG_LEVEL: "", TAILNET_SHARE_STATE: "" })).toEqual(readConfig({}));
});

test("names every variable that can't be used", () => {
  const environment = { TAILNET_SHARE_PANEL: "yes", TAILNET_SHARE_LOG_FORMAT: "xml" };
  expect(() => readConfig(environment)).toThrow(
    "TAILNET_SHARE_PANEL must be on or off. TAILNET_SHARE_LOG_FORMAT must be text or json.",
  );
});

test.each([
  [{ TAILNET_SHARE_PANEL: "yes" }, { socket: "/run/guest-services/backend.sock", isForBrowsers: true }],
  [{ TAILNET_SHARE_PANEL: "on" }, { socket: "/run/guest-services/backend.sock", isForBrowsers: true }],
  [{ TAILNET_SHARE_PANEL: "off" }, { socket: "/run/guest-services/backend.sock", isForBrowsers: false }],
  [{ TAILNET_SHARE_PANEL: "" }, { socket: "/run/guest-services/backend.sock", isForBrowsers: false }],
  [{ TAILNET_SHARE_SOCKET: "/own.sock" }, { socket: "/own.sock", isForBrowsers: false }],
  [
    { TAILNET_SHARE_SOCKET: "own.sock" },
    { socket: "/run/guest-services/backend.sock", isForBrowsers: false },
  ],
])("with %j, panels look for the backend at %j", (environment, places) => {
  expect(faultPlaces(environment)).toEqual(places);
});

test("machines get tailscaled's switches, and no variable of a first start", () => {
  const environment = { TS_DEBUG_X: "1", TS_DEBUG_ADDR_PORT: ":1", TS_AUTHKEY: "secret", OTHER: "x" };
  expect(readConfig(environment).tailscaleSwitches).toEqual({ TS_DEBUG_X: "1" });
});
