import { PassThrough } from "node:stream";
import { API, partNames, type Route, type RouteName } from "@tailnet-share/contract/api";
import { type Client, createClient } from "@tailnet-share/contract/client";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSecrets } from "../lib/redaction/secrets.ts";

import { type Served, serve } from "./serve.ts";
import { createServer } from "./server.ts";

const VALUES: Readonly<Record<string, string>> = {
  workload: "compose:shop/wéb/1",
  name: "web",
  machine: "0123456789abcdef",
  since: "e1e1502a.29",
};
const BODIES: Partial<Record<RouteName, unknown>> = {
  putShare: { mode: "machine", machine: { name: "web" } },
  login: { hostname: "docker" },
  patchNode: { connected: false },
  patchSettings: { hostname: "docker" },
  backup: { passphrase: "twelve letters" },
  restore: { backup: { format: "x" } },
};
const routes = Object.entries<Route>(API) as [RouteName, Route][];

describe("the contract's routes", () => {
  const server = () =>
    createServer(
      pino({ level: "silent" }),
      createSecrets(() => []),
    );
  let running: ReturnType<typeof server>;
  let heard: { name: string; values: readonly unknown[] }[];
  let answers: Partial<Record<string, unknown>>;
  let client: Client;
  let statuses: number[];

  beforeEach(() => {
    running = server();
    [heard, answers, statuses] = [[], {}, []];
    const served = Object.fromEntries(
      routes.map(([name]) => [
        name,
        (...values: unknown[]) => {
          heard.push({ name, values: values.slice(0, -1) });
          return answers[name] ?? (name === "metrics" ? "up 1" : { ok: true });
        },
      ]),
    );
    serve(running, served as unknown as Served);
    client = createClient(async (_route, { method, path, body }) => {
      const answer = await running.inject({
        ...{ method, url: path },
        ...(body === undefined ? {} : { payload: body as object }),
      });
      statuses.push(answer.statusCode);
      return answer.headers["content-type"]?.startsWith("text/") ? answer.body : answer.json();
    });
  });
  afterEach(async () => await running.close());

  const call = async (name: RouteName, ...values: unknown[]) =>
    await (client[name] as (...values: unknown[]) => Promise<unknown>)(...values);

  it.each(routes)("%s brings its values from a client to the application", async (name, route) => {
    const parts = partNames(route.path).map((part) => VALUES[part]);
    const body = route.body === undefined ? [] : [BODIES[name]];
    expect(body, `a body for ${name}`).not.toContain(undefined);
    await call(name, ...parts, ...body);
    expect(statuses).toEqual([200]);
    expect(heard).toEqual([{ name, values: [...parts, ...body] }]);
  });

  it.each(routes.filter(([, { body }]) => body === undefined))(
    "%s takes no body",
    async (_, { method, path }) => {
      if (method === "GET") return;
      const url = path.replaceAll(/:(\w+)/g, (_whole, part: string) =>
        encodeURIComponent(VALUES[part] ?? ""),
      );
      const answer = await running.inject({ method, url, payload: { port: 1 } });
      expect(answer.statusCode).toBe(400);
      expect(heard).toEqual([]);
    },
  );

  it.each(routes.filter(([, { path }]) => path.includes(":")))(
    "%s refuses a part of its path that is none",
    async (_, { method, path, body }) => {
      const url = path.replaceAll(/:\w+/g, "%00").replace("?workload", "?workload=name:app");
      const answer = await running.inject({ method, url, ...(body === undefined ? {} : { payload: {} }) });
      expect([answer.statusCode, answer.json().error.code]).toEqual([400, "BAD_REQUEST"]);
      expect(heard).toEqual([]);
    },
  );

  it("a query's value may be left out where the contract says so, and no other name is taken", async () => {
    await client.snapshot();
    expect(heard).toEqual([{ name: "snapshot", values: [undefined] }]);
    expect((await running.inject({ method: "GET", url: "/snapshot?other=1" })).statusCode).toBe(400);
    expect((await running.inject({ method: "GET", url: "/names/web" })).statusCode).toBe(400);
  });

  it("a body with a default may be left out", async () => {
    await client.putShare("name:app");
    expect(heard).toEqual([{ name: "putShare", values: ["name:app", {}] }]);
    expect((await running.inject({ method: "PATCH", url: "/node" })).statusCode).toBe(400);
  });

  it("health that is not ok has its own status", async () => {
    answers = { health: { ok: false, hops: [] } };
    expect(await client.health()).toEqual({ ok: false, hops: [] });
    expect(statuses).toEqual([503]);
  });

  it("metrics are text of their own type", async () => {
    answers = { metrics: "up 1\n" };
    const answer = await running.inject({ method: "GET", url: "/metrics" });
    expect([answer.headers["content-type"], answer.body]).toEqual([API.metrics.answer, "up 1\n"]);
  });

  it("only a backup may be large", async () => {
    const large = "x".repeat(100_000);
    const restored = await running.inject({ method: "POST", url: "/restore", payload: { backup: large } });
    const other = await running.inject({ method: "POST", url: "/login", payload: { hostname: large } });
    expect([restored.statusCode, other.statusCode]).toEqual([200, 413]);
  });

  it.each([
    ["has sent the rest of its body", (first: PassThrough) => first.end('"x"}')],
    ["disconnects", (first: PassThrough) => first.destroy(new Error("gone"))],
  ])("a second large body is read once the first client %s", async (_what, end) => {
    const first = new PassThrough();
    first.write('{"backup":');
    const restore = (payload: PassThrough | object) =>
      running.inject({
        method: "POST",
        url: "/restore",
        payload,
        headers: { "content-type": "application/json" },
      });
    const slow = restore(first);
    const second = restore({ backup: "y" });
    // An answer to another route shows that the server had time for both.
    await client.health();
    await client.health();
    expect(heard.map(({ name }) => name)).toEqual(["health", "health"]);
    end(first);
    expect((await second).statusCode).toBe(200);
    await slow.catch(() => undefined);
  });
});
