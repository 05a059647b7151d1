import { describe, expect, it } from "vitest";
import { createApi } from "./api.ts";
import { type ApiRequest, Refusal } from "./checks.ts";
import {
  DOCUMENTED,
  DOCUMENTED_CLIENT,
  DOCUMENTED_TOKEN,
  type DocumentedExchange,
  shapeOf,
} from "./documented.ts";
import type { Headscale, HeadscaleNode } from "./headscale.ts";
import type { ApiAnswer, ApiSettings } from "./protocol.ts";

const CLIENT = { ...DOCUMENTED_CLIENT, scopes: ["auth_keys", "devices:core"] };
const SETTINGS: ApiSettings = {
  clients: [CLIENT],
  tagOwners: { "tag:example": ["autogroup:admin"], "tag:owned": ["tag:example"], "tag:else": [] },
};
const NODE: HeadscaleNode = {
  id: "12345",
  name: "pangolin",
  givenName: "pangolin",
  ipAddresses: ["100.64.0.1"],
  machineKey: "mkey:1",
  nodeKey: "nodekey:1",
  createdAt: "2026-01-09T23:22:39Z",
  tags: ["tag:example"],
  user: { name: "tagged-devices" },
};

function setUp(settings: ApiSettings = SETTINGS) {
  const keys = new Set(["77"]);
  const nodes = new Map([[NODE.id, NODE]]);
  let time = 0;
  const headscale: Headscale = {
    async createKey({ expirySeconds }) {
      keys.add("78");
      const expires = new Date(expirySeconds * 1_000).toISOString();
      return { id: "78", key: "hskey-auth-new", created: new Date(0).toISOString(), expires };
    },
    deleteKey: async (id) => keys.delete(id),
    nodes: async () => [...nodes.values()],
    deleteNode: async (id) => nodes.delete(id),
  };
  const api = createApi({ settings, headscale, domain: "tail.test", now: () => time });
  /** Returns a refusal as the server sends it. */
  const ask = async (request: ApiRequest): Promise<ApiAnswer> =>
    await api.handle(request).catch((error: unknown) => {
      if (error instanceof Refusal) return { status: error.status, body: { message: error.message } };
      throw error;
    });
  async function token(): Promise<string> {
    const { body } = await ask(DOCUMENTED.token.request);
    return (body as { access_token: string }).access_token;
  }
  return {
    api,
    ask,
    token,
    pass: (ms: number) => {
      time += ms;
    },
    /** Sends the request with a token of its own instead of the documented one. */
    async askAs({ request }: DocumentedExchange, changes: Partial<ApiRequest> = {}): Promise<ApiAnswer> {
      const authorization = (request.headers.authorization ?? "").replace(DOCUMENTED_TOKEN, await token());
      return await ask({ ...request, headers: { ...request.headers, authorization }, ...changes });
    },
  };
}

function documentedAnswer({ answer }: DocumentedExchange): { status: number; shape: unknown } {
  return {
    status: answer.status,
    shape: answer.body === "" ? "undefined" : shapeOf(JSON.parse(answer.body)),
  };
}

function given({ status, body }: ApiAnswer): { status: number; shape: unknown } {
  return { status, shape: body === undefined ? "undefined" : shapeOf(JSON.parse(JSON.stringify(body))) };
}

const { secretRefused, scopeMissing, tagsRefused, tokenEnded, ...GRANTED } = DOCUMENTED;

describe("the stand-in for Tailscale's API, asked as documented,", () => {
  it.each(Object.values(GRANTED))("$what", async (exchange) => {
    expect(given(await setUp().askAs(exchange))).toEqual(documentedAnswer(exchange));
  });

  it.each([
    { exchange: secretRefused, settings: { clients: [{ ...CLIENT, clientSecret: "tskey-client-other" }] } },
    { exchange: scopeMissing, settings: { clients: [{ ...CLIENT, scopes: ["devices:core"] }] } },
    { exchange: tagsRefused, settings: { clients: [{ ...CLIENT, tags: ["tag:else"] }] } },
    { exchange: tokenEnded, settings: { clients: [] } },
  ])("$exchange.what", async ({ exchange, settings }) => {
    const stand = setUp();
    const authorization = `Bearer ${await stand.token()}`;
    stand.api.change({ ...SETTINGS, ...settings });
    const answer = await stand.ask({
      ...exchange.request,
      headers: { ...exchange.request.headers, authorization },
    });
    expect(answer).toEqual({ status: exchange.answer.status, body: JSON.parse(exchange.answer.body) });
  });

  it("ends a token after an hour", async () => {
    const stand = setUp();
    const authorization = `Bearer ${await stand.token()}`;
    const request = { ...GRANTED.listDevices.request, headers: { authorization } };
    stand.pass(3_599_000);
    expect(await stand.ask(request)).toMatchObject({ status: 200 });
    stand.pass(1_000);
    expect(await stand.ask(request)).toMatchObject({ status: 401 });
  });
});

describe("the stand-in's strictness", () => {
  const body = JSON.parse(DOCUMENTED.createKey.request.body);
  const withCreate = (changes: object) => ({
    ...body,
    capabilities: { devices: { create: { ...body.capabilities.devices.create, ...changes } } },
  });

  it.each([
    ["an unknown field", { ...body, keyName: "x" }],
    ["an unknown field further in", withCreate({ approved: true })],
    ["a flag that is a word", withCreate({ reusable: "no" })],
    ["a flag that is missing", withCreate({ ephemeral: undefined })],
    ["no tags", withCreate({ tags: [] })],
    ["a tag without its prefix", withCreate({ tags: ["example"] })],
    ["a tag that nobody defined", withCreate({ tags: ["tag:example", "tag:unknown"] })],
    ["the client's tag together with one that it owns", withCreate({ tags: ["tag:example", "tag:owned"] })],
    ["an end of more than 90 days", { ...body, expirySeconds: 7_776_001 }],
    ["a description with an underscore", { ...body, description: "dev_access" }],
    ["a description of 51 letters", { ...body, description: "x".repeat(51) }],
    ["no capabilities", { description: "dev access" }],
  ])("refuses a key with %s", async (_, changed) => {
    const answer = await setUp().askAs(DOCUMENTED.createKey, { body: JSON.stringify(changed) });
    expect(answer).toMatchObject({ status: 400, body: { message: expect.any(String) } });
  });

  it("makes a key with tags that the client's tag owns", async () => {
    const changed = JSON.stringify(withCreate({ tags: ["tag:owned"] }));
    expect(await setUp().askAs(DOCUMENTED.createKey, { body: changed })).toMatchObject({ status: 200 });
  });

  it("makes no key with a part of the client's tags", async () => {
    const stand = setUp({ ...SETTINGS, clients: [{ ...CLIENT, tags: ["tag:example", "tag:else"] }] });
    expect(await stand.askAs(DOCUMENTED.createKey)).toMatchObject({ status: 400 });
  });

  const form = DOCUMENTED.token.request.body;
  it.each([
    ["JSON in place of a form", { headers: { "content-type": "application/json" } }, 400],
    ["an unknown field", { body: `${form}&audience=x` }, 400],
    ["a field twice", { body: `${form}&client_id=x` }, 400],
    ["another grant", { body: form.replace("client_credentials", "password") }, 400],
    ["another client's ID", { body: form.replace("client_id=k123456CNTRL", "client_id=kOtherCNTRL") }, 401],
    ["a GET", { method: "GET", body: "" }, 405],
    ["a query", { path: "/api/v2/oauth/token?x=1" }, 400],
    ["a slash too many", { path: "/api/v2/oauth/token/" }, 404],
  ])("gives no token for %s", async (_, changes, status) => {
    expect(await setUp().ask({ ...DOCUMENTED.token.request, ...changes })).toMatchObject({ status });
  });

  it.each([
    ["no token", {}],
    ["basic authentication", { authorization: `Basic ${btoa(`${DOCUMENTED_TOKEN}:`)}` }],
    ["a token that it did not make", { authorization: `Bearer ${DOCUMENTED_TOKEN}` }],
  ])("lists no devices for %s", async (_, headers) => {
    expect(await setUp().ask({ ...DOCUMENTED.listDevices.request, headers })).toMatchObject({ status: 401 });
  });

  it("lets a scope for reading list devices and not delete them", async () => {
    const stand = setUp({ ...SETTINGS, clients: [{ ...CLIENT, scopes: ["devices:core:read"] }] });
    expect(await stand.askAs(DOCUMENTED.listDevices)).toMatchObject({ status: 200 });
    expect(await stand.askAs(DOCUMENTED.deleteDevice)).toMatchObject({ status: 403 });
    expect(await stand.askAs(DOCUMENTED.createKey)).toMatchObject({ status: 403 });
  });

  it("refuses a DELETE with a body", async () => {
    expect(await setUp().askAs(DOCUMENTED.deleteDevice, { body: "{}" })).toMatchObject({ status: 400 });
  });

  it("deletes a device once", async () => {
    const stand = setUp();
    expect(await stand.askAs(DOCUMENTED.deleteDevice)).toEqual({ status: 200 });
    expect(await stand.askAs(DOCUMENTED.deleteDevice)).toMatchObject({ status: 404 });
  });
});
