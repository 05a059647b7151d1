import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

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

test("machines get tailscaled's switches, and no variable of a first start", () => {
  const environment = { TS_DEBUG_X: "1", TS_DEBUG_ADDR_PORT: ":1", TS_AUTHKEY: "secret", OTHER: "x" };
  expect(readConfig(environment).tailscaleSwitches).toEqual({ TS_DEBUG_X: "1" });
});
