import { describe, expect, it } from "vitest";
import {
  DOCUMENTED,
  DOCUMENTED_KEY,
  type DocumentedExchange,
} from "../../../../testbed/src/tailnet/tailscale-api/documented.ts";
import { failure, first, setUp } from "./tailscale-api.testing.ts";
import type { TailscaleApi } from "./tailscale-api.ts";

const { token, createKey, deleteKey, listDevices, deleteDevice } = DOCUMENTED;

const CALLS: readonly [string, DocumentedExchange, (api: TailscaleApi) => Promise<unknown>, unknown][] = [
  ["a token", token, (api) => api.createAuthKey("dev access"), DOCUMENTED_KEY],
  ["a key", createKey, (api) => api.createAuthKey("dev access"), DOCUMENTED_KEY],
  ["the end of a key that was tried out", deleteKey, (api) => api.tryOut(), undefined],
  ["the devices", listDevices, (api) => api.deviceNames(), ["pangolin"]],
  ["the end of a device", deleteDevice, (api) => api.deleteDevice("12345"), true],
];

describe("the client asks as documented, and understands the documented answer,", () => {
  it.each(CALLS)("for %s", async (_, { request }, run, result) => {
    const { api, sent } = setUp();
    expect(await run(api)).toEqual(result);
    const call = sent.find(({ method, path }) => method === request.method && path === request.path);
    for (const [name, value] of Object.entries(request.headers))
      expect(call?.headers.get(name)?.replace(/;\s*charset=utf-8$/i, "")).toBe(value);
    if (!request.body.startsWith("{")) return expect(call?.body).toBe(request.body);
    const body: unknown = JSON.parse(call?.body ?? "");
    expect(body).toEqual(JSON.parse(request.body));
  });
});

describe("a token", () => {
  it("serves many calls", async () => {
    const { api, paths } = setUp();
    await api.createAuthKey("a");
    await api.deviceNames();
    expect(paths().filter((path) => path.endsWith("/token"))).toHaveLength(1);
  });

  it("is asked for once by calls that come together", async () => {
    const { api, paths } = setUp();
    await Promise.all([api.createAuthKey("a"), api.createAuthKey("b"), api.deviceNames()]);
    expect(paths().filter((path) => path.endsWith("/token"))).toHaveLength(1);
    expect(paths()).toHaveLength(4);
  });

  it("is renewed shortly before it ends", async () => {
    const { api, clock, paths } = setUp();
    await api.deviceNames();
    await clock.advance(3_539_000);
    await api.deviceNames();
    expect(paths()).toHaveLength(3);
    await clock.advance(1_000);
    await api.deviceNames();
    expect(paths().slice(3)).toEqual(["POST /api/v2/oauth/token", "GET /api/v2/tailnet/-/devices"]);
  });

  it("renews a token that ended early and repeats the call", async () => {
    const { api, paths } = setUp(first(token.answer, DOCUMENTED.tokenEnded.answer));
    expect(await api.createAuthKey("a")).toBe(DOCUMENTED_KEY);
    expect(paths()).toEqual([
      "POST /api/v2/oauth/token",
      "POST /api/v2/tailnet/-/keys",
      "POST /api/v2/oauth/token",
      "POST /api/v2/tailnet/-/keys",
    ]);
  });

  it("does not try a third time with a token that was refused twice", async () => {
    const refused = DOCUMENTED.tokenEnded.answer;
    const { api, paths } = setUp((sent) => (sent.path.endsWith("/token") ? token.answer : refused));
    const error = await failure(api.deviceNames());
    expect(error).toMatchObject({
      code: "CREDENTIAL_REFUSED",
      message: expect.stringContaining("does not take"),
    });
    expect(paths()).toHaveLength(4);
  });

  it("asks for the token again at the next call after a failure", async () => {
    const { api } = setUp(first({ status: 503, body: "" }));
    expect(await failure(api.deviceNames())).toMatchObject({ code: "CREDENTIAL_UNREACHABLE" });
    expect(await api.deviceNames()).toEqual(["pangolin"]);
  });
});

describe("a key's description", () => {
  it("is cut to what Tailscale allows", async () => {
    const { api, sent } = setUp();
    await api.createAuthKey(`wéb_1/${"x".repeat(60)}`);
    expect(JSON.parse(sent[1]?.body ?? "")).toMatchObject({ description: `w-b-1-${"x".repeat(44)}` });
  });
});

describe("trying out", () => {
  it("leaves no key behind", async () => {
    const { api, paths } = setUp();
    await api.tryOut();
    expect(paths().slice(1)).toEqual([
      "POST /api/v2/tailnet/-/keys",
      "DELETE /api/v2/tailnet/-/keys/k77CNTRL",
    ]);
  });

  it("is content when only the deletion fails, since that key ends by itself", async () => {
    await setUp(first(token.answer, createKey.answer, { status: 500, body: "" })).api.tryOut();
  });
});

describe("device names", () => {
  it("leave out devices that are shared in from another tailnet", async () => {
    const devices = [
      { name: "Web.tail.ts.net" },
      { name: "web2" },
      { name: "nas.other.ts.net", isExternal: true },
    ];
    const { api } = setUp(first(token.answer, { status: 200, body: JSON.stringify({ devices }) }));
    expect(await api.deviceNames()).toEqual(["web", "web2"]);
  });
});
