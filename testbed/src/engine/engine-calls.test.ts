import { expect, test } from "vitest";
import { ENGINE_RIGHTS } from "../../../backend/src/engine/rights.ts";
import { ALLOWED_CALLS, callOf, whyNotAllowed } from "./engine-calls.ts";

const ID = "0123456789abcdef".repeat(4);
const BODY = {
  Image: `sha256:${ID}`,
  Entrypoint: ["/usr/local/bin/node", "/app/machine.mjs"],
  Cmd: [],
  Labels: { "tailnet-share.role": "machine" },
  Healthcheck: { Test: ["NONE"] },
  HostConfig: {
    NetworkMode: `container:${ID}`,
    CapAdd: ["NET_ADMIN", "NET_RAW"],
    Memory: 1,
    ReadonlyRootfs: true,
    Mounts: [{ Type: "bind", Source: "/x/machines/0123456789abcdef/tailscaled", Target: "/state" }],
  },
};
const reasonAgainst = (method: string, url: string, body?: unknown) =>
  whyNotAllowed(callOf(method, url, body === undefined ? "" : JSON.stringify(body)));

test("the second list of calls equals the backend's own [S080]", () => {
  const own = ENGINE_RIGHTS.map(
    ({ method, path }) => `${method} ${path.replaceAll(/\{(?!image)\w+\}/g, "{id}")}`,
  );
  expect([...ALLOWED_CALLS].toSorted()).toEqual(own.toSorted());
});

test("identifies a call by method, path, parameters and the fields of its body, without IDs", () => {
  expect(callOf("GET", `/v1.41/containers/${ID}/json`, "")).toEqual({
    call: "GET /containers/{id}/json",
    query: [],
    body: [],
  });
  expect(callOf("GET", "/v1.41/images/tailscale/tailscale:v1.2/json", "").call).toBe(
    "GET /images/{image}/json",
  );
  const { query, body } = callOf("POST", "/v1.41/containers/create?name=x", JSON.stringify(BODY));
  expect(query).toEqual(["name"]);
  expect(body).toContain("HostConfig.NetworkMode=container:{id}");
  expect(body).toContain("HostConfig.CapAdd[]=NET_RAW");
  expect(body).toContain("Entrypoint[0]=/usr/local/bin/node");
});

test("allows every call that the backend makes", () => {
  expect(reasonAgainst("GET", "/version")).toBeNull();
  expect(reasonAgainst("POST", "/v1.56/containers/create?name=tailnet-share-x", BODY)).toBeNull();
  expect(reasonAgainst("POST", `/v1.41/networks/${ID}/connect`, { Container: ID })).toBeNull();
});

test.each([
  ["another call", "POST", `/v1.41/containers/${ID}/update`, undefined],
  ["a user's name in the place of an ID", "GET", "/v1.41/containers/web/json", undefined],
  ["another image's name", "GET", "/v1.41/images/somebody/else:latest/json", undefined],
  ["one more parameter", "GET", "/v1.41/containers/json?all=true&size=true", undefined],
  ["one parameter less", "DELETE", `/v1.41/containers/${ID}?force=true`, undefined],
  ["a body where none belongs", "POST", `/v1.41/containers/${ID}/start`, { HostConfig: {} }],
  ["a body that is no JSON", "POST", `/v1.41/networks/${ID}/connect`, undefined],
  ["privileges", "POST", "/containers/create?name=x", { HostConfig: { Privileged: true } }],
  ["another capability", "POST", "/containers/create?name=x", { HostConfig: { CapAdd: ["SYS_ADMIN"] } }],
  ["the host's network", "POST", "/containers/create?name=x", { HostConfig: { NetworkMode: "host" } }],
  ["another program", "POST", `/containers/${ID}/exec`, { Cmd: ["/bin/sh", "-c", "id"] }],
  [
    "another way out",
    "POST",
    `/networks/${ID}/connect`,
    { Container: ID, EndpointConfig: { IPAMConfig: null } },
  ],
])("does not allow %s", (what, method, url, body) => {
  const call = callOf(
    method,
    url,
    what.includes("no JSON") ? "{" : body === undefined ? "" : JSON.stringify(body),
  );
  expect(whyNotAllowed(call)).not.toBeNull();
});
