import { expect, test } from "vitest";
import type { NodeEvent } from "./node-memory.ts";
import { loggedIn, notify, observed, stateAfter } from "./node-state.testing.ts";

const LINK = "https://control.test/register/x";
const renewing: NodeEvent = { kind: "login-asked", byKey: false, renews: "nodekey:old" };
const running = (key: string, status: object = {}) =>
  observed("Running", {
    status: { ...status, Self: { HostName: "docker", DNSName: "", PublicKey: key } },
    current: loggedIn,
  });

test("a renewal is under way while the node stays connected, with its link, until there is another key", () => {
  const asking = [running("nodekey:old"), renewing, running("nodekey:old")];
  expect(stateAfter(...asking)).toMatchObject({ state: "connected", renewal: { url: null, fault: null } });
  const withLink = [...asking, notify({ BrowseToURL: LINK })];
  expect(stateAfter(...withLink)).toMatchObject({ state: "connected", renewal: { url: LINK } });
  const accepted = [...withLink, notify({ LoginFinished: {} }), running("nodekey:old")];
  expect(stateAfter(...accepted)).toMatchObject({ state: "connected", renewal: { url: null, fault: null } });
  expect(stateAfter(...accepted, { kind: "login-slow" })).toMatchObject({ renewal: { fault: null } });
  expect(stateAfter(...accepted, running("nodekey:new"))).toMatchObject({
    state: "connected",
    renewal: null,
  });
});

test("a renewal's link is taken from the status when the bus did not bring it", () => {
  expect(
    stateAfter(running("nodekey:old"), renewing, running("nodekey:old", { AuthURL: LINK })),
  ).toMatchObject({
    renewal: { url: LINK },
  });
});

test("a renewal that begins with a fresh control client leaves the node connected", () => {
  for (const name of ["NoState", "Starting"]) {
    const starting = observed(name, { current: loggedIn });
    expect(stateAfter(running("nodekey:old"), renewing, starting)).toMatchObject({
      state: "connected",
      renewal: { url: null },
    });
    expect(stateAfter(running("nodekey:old"), starting).state).not.toBe("connected");
  }
});

test("a renewal that nobody asked for is not shown", () => {
  expect(stateAfter(running("nodekey:old", { AuthURL: LINK }))).toMatchObject({ renewal: null });
});

test("a renewal that the control server refuses or does not answer says so, and the node stays connected", () => {
  expect(
    stateAfter(running("nodekey:old"), renewing, running("nodekey:old"), { kind: "login-slow" }),
  ).toMatchObject({ state: "connected", renewal: { fault: { code: "CONTROL_UNREACHABLE" } } });
  expect(stateAfter(running("nodekey:old"), renewing, notify({ ErrMessage: "no such user" }))).toMatchObject({
    renewal: { fault: { code: "LOGIN_FAILED", message: expect.stringContaining("no such user") } },
  });
  expect(
    stateAfter(
      running("nodekey:old"),
      { ...renewing, byKey: true },
      notify({ ErrMessage: "authkey expired" }),
    ),
  ).toMatchObject({ renewal: { fault: { code: "AUTH_KEY_REFUSED" } } });
});

test("a key that expires during its renewal leaves a login with the same link", () => {
  const expired = [running("nodekey:old"), renewing, notify({ BrowseToURL: LINK })];
  expect(stateAfter(...expired, observed("NeedsLogin", { current: loggedIn }))).toMatchObject({
    state: "expired",
    login: { url: LINK },
  });
});
