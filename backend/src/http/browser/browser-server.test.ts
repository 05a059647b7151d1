import { NO_KEY, PANEL_HEADER, SESSION_ROUTES, type You } from "@tailnet-share/contract/session";
import type { InjectOptions } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  answerOf,
  codeOf,
  isForViewers,
  LOGIN_LINK,
  type OpenServer,
  openBrowserServer,
  ROUTES,
  requestFor,
  signedIn,
} from "./browser-server.testing.ts";
import { localDoor } from "./door.ts";
import type { Sessions } from "./sessions.ts";

const HOST = "127.0.0.1:4180";
const VIEWER: You = { name: "ben@example.com", role: "view", door: "tailnet" };
const EDITOR: You = { name: "anna@example.com", role: "edit", door: "tailnet" };

let open: OpenServer;
let sessions: Sessions;
/** Whether connections come from the tailnet, by a tailscaled without a TUN. */
let isForeign: boolean;
beforeEach(async () => {
  isForeign = false;
  const hosts = new Set(["127.0.0.1", "localhost"]);
  open = await openBrowserServer(
    localDoor({ hosts: () => hosts, isFromTailnet: async () => await Promise.resolve(isForeign) }),
  );
  sessions = open.sessions;
});
afterEach(async () => await open.close());

const fromPanel = { host: HOST, [PANEL_HEADER]: NO_KEY, "sec-fetch-site": "same-origin" };
const send = async (request: InjectOptions) =>
  await answerOf(open, { ...request, headers: { ...fromPanel, ...request.headers } });

describe.each(ROUTES)("the route %s, in a browser", (name, route) => {
  const request = requestFor(name, route);
  const mayView = isForViewers(name, route);

  it.each([
    ["nobody signed in", () => ({}), "SIGN_IN_NEEDED"],
    ["the cookie alone", () => ({ cookie: signedIn(sessions.open(EDITOR)).cookie }), "SIGN_IN_NEEDED"],
    [
      "the key alone",
      () => ({ [PANEL_HEADER]: signedIn(sessions.open(EDITOR))[PANEL_HEADER] }),
      "SIGN_IN_NEEDED",
    ],
    [
      "a page at the same name and another port",
      () => ({ ...signedIn(sessions.open(EDITOR)), "sec-fetch-site": "same-site" }),
      "NOT_ALLOWED",
    ],
    [
      "another website",
      () => ({ ...signedIn(sessions.open(EDITOR)), "sec-fetch-site": "cross-site" }),
      "NOT_ALLOWED",
    ],
    [
      "a name that leads here",
      () => ({ ...signedIn(sessions.open(EDITOR)), host: "evil.test:4180" }),
      "NOT_ALLOWED",
    ],
  ])("answers nothing to %s [S148]", async (_who, headers, code) => {
    const { status, text } = await send({ ...request, headers: headers() });
    expect([status >= 400, codeOf(text), open.called]).toEqual([true, code, []]);
  });

  it(`answers ${mayView ? "" : "nothing "}to the role 'view' [S149]`, async () => {
    const { text } = await send({ ...request, headers: signedIn(sessions.open(VIEWER)) });
    expect(open.called).toEqual(mayView ? [name] : []);
    if (!mayView) expect(codeOf(text)).toBe("VIEW_ONLY");
    expect(text).not.toContain(LOGIN_LINK);
  });

  it("answers to the role 'edit', and the log says who changed something", async () => {
    await send({ ...request, headers: signedIn(sessions.open(EDITOR)) });
    expect(open.called).toEqual([name]);
    const logged = open.lines.filter(({ event }) => event === "panel.changed");
    expect(logged.map(({ by, method }) => [by, method])).toEqual(
      mayView ? [] : [[EDITOR.name, route.method]],
    );
  });
});

describe("signing in", () => {
  const signIn = async (code: string) => await send({ ...post, payload: { code } });
  const post = { method: "POST", url: SESSION_ROUTES.open.path } as const;

  it("takes a code once, and gives both halves of a session [S150]", async () => {
    const code = open.codes.make();
    const { status, text, headers } = await signIn(code);
    expect(status).toBe(200);
    const { you, key } = JSON.parse(text) as { you: You; key: string };
    expect(you).toMatchObject({ role: "edit", door: "link" });
    const [cookie = ""] = [headers["set-cookie"]].flat();
    expect(cookie).toMatch(/^tailnet-share=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const proof = { cookie: cookie.split(";")[0], [PANEL_HEADER]: key };
    expect(JSON.parse((await send({ method: "GET", url: "/session", headers: proof })).text)).toEqual({
      you,
    });
    expect(codeOf((await signIn(code)).text)).toBe("CODE_REFUSED");
  });

  it("takes no code that is older than ten minutes", async () => {
    const code = open.codes.make();
    await open.clock.advance(600_000);
    expect(codeOf((await signIn(code)).text)).toBe("CODE_REFUSED");
  });

  it("stops after ten wrong codes within a minute, also for the right one", async () => {
    for (let count = 0; count < 10; count += 1)
      expect(codeOf((await signIn("wrong")).text)).toBe("CODE_REFUSED");
    const code = open.codes.make();
    expect(await signIn(code)).toMatchObject({ status: 429 });
    await open.clock.advance(60_000);
    expect(await signIn(code)).toMatchObject({ status: 200 });
  });

  it("ends by signing out, or for everybody", async () => {
    const [one, two, viewer] = [sessions.open(EDITOR), sessions.open(EDITOR), sessions.open(VIEWER)];
    await send({ method: "DELETE", url: "/session", headers: signedIn(one) });
    expect([one, two].map((proof) => sessions.find(proof))).toEqual([null, EDITOR]);
    const everybody = { method: "DELETE", url: "/sessions" } as const;
    expect(codeOf((await send({ ...everybody, headers: signedIn(viewer) })).text)).toBe("VIEW_ONLY");
    await send({ ...everybody, headers: signedIn(two) });
    expect(sessions.find(viewer)).toBeNull();
  });

  it("is impossible from another site's page, whose code may be the attacker's own [S151]", async () => {
    const code = open.codes.make();
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "content-type": "text/plain" },
      { host: "evil.test" },
    ])
      expect(
        (await send({ ...post, payload: JSON.stringify({ code }), headers })).status,
      ).toBeGreaterThanOrEqual(400);
    expect(open.codes.take(code)).toBe(true);
  });
});

describe("the panel's page", () => {
  const get = async (url: string, headers = {}) =>
    await open.server.inject({ method: "GET", url, headers: { host: HOST, ...headers } });

  it("needs no session, runs only its own files, and can't be framed [S152]", async () => {
    const { statusCode, headers, body } = await get("/", { "sec-fetch-site": "none" });
    expect([statusCode, body]).toEqual([200, expect.stringContaining("<title>panel</title>")]);
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src|unsafe-eval/);
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
  });

  it("has files that browsers keep, if their names change with their content", async () => {
    const { statusCode, headers } = await get("/assets/main-CB1jj_2-.js");
    expect(statusCode).toBe(200);
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(String(headers["content-type"])).toMatch(/javascript/);
    expect((await get("/files.json")).headers["cache-control"]).toBe("no-store");
  });

  it.each(["/nothing", "/../package.json", "/%2e%2e/package.json", "/.hidden", "/assets/", "/api/nothing"])(
    "has no file %s",
    async (path) => {
      expect((await get(path)).statusCode).toBeGreaterThanOrEqual(400);
    },
  );

  it("answers nothing to the tailnet, also with a session", async () => {
    isForeign = true;
    expect(codeOf((await get("/")).body)).toBe("NOT_ALLOWED");
    const { text } = await send({ url: "/api/snapshot", headers: signedIn(sessions.open(EDITOR)) });
    expect([codeOf(text), open.called]).toEqual(["NOT_ALLOWED", []]);
  });

  it("answers to its own names only", async () => {
    expect((await get("/", { host: "evil.test:4180" })).statusCode).toBe(403);
  });
});
