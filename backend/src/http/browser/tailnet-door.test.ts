import { AppError } from "@tailnet-share/contract/errors";
import {
  NO_KEY,
  PANEL_CAPABILITY,
  PANEL_HEADER,
  SESSION_ROUTES,
  type You,
} from "@tailnet-share/contract/session";
import type { InjectOptions } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { down } from "../../tailscale/localapi/transport.ts";
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
import { tailnetDoor } from "./door.ts";

const HOST = "docker.tail.test:4180";
const ANNA: You = { name: "anna@example.com", role: "edit", door: "tailnet" };
const BEN: You = { name: "ben@example.com", role: "view", door: "tailnet" };
const BY_LINK: You = { name: "the one-time link", role: "edit", door: "link" };
const [OWNER, VIEWER, STRANGER] = ["100.64.0.2", "fd7a:115c:a1e0::3", "100.64.0.4"];
const [UNKNOWN, CROWD] = ["100.64.0.5", "100.64.0.6"];
/** A machine of the owner's, whose application gets nothing. */
const MACHINE = "100.64.0.7";

let open: OpenServer;
let isOpen: boolean;
beforeEach(async () => {
  isOpen = true;
  const hosts = new Set([HOST, "docker:4180", "100.64.0.1:4180", "[fd7a:115c:a1e0::1]:4180"]);
  open = await openBrowserServer(
    tailnetDoor({
      hosts: () => hosts,
      isOpen: () => isOpen,
      async find(address) {
        if (address === UNKNOWN) throw down(new Error("ECONNRESET"));
        if (address === CROWD) throw new AppError("TOO_MANY_TRIES", "Too many devices ask for the panel.");
        return await Promise.resolve({ [OWNER]: ANNA, [VIEWER]: BEN }[address] ?? null);
      },
      stranger: async (address) =>
        await Promise.resolve(address === STRANGER ? { name: "eve@example.com", source: "eve@" } : null),
    }),
  );
});
afterEach(async () => await open.close());

/** As tailscaled sends a request of the panel's page. Browsers send no `Sec-Fetch-Site` over plain HTTP. */
const from = (address: string, more: Record<string, string | undefined> = {}) => ({
  host: "localhost",
  "x-forwarded-for": address,
  "x-forwarded-host": HOST,
  origin: `http://${HOST}`,
  [PANEL_HEADER]: NO_KEY,
  ...more,
});
/** As a browser opens an address. */
const opening = (address: string) =>
  from(address, {
    accept: "text/html,application/xhtml+xml,*/*;q=0.8",
    origin: undefined,
    [PANEL_HEADER]: undefined,
  });
const HTML = "text/html; charset=utf-8";
const send = async (request: InjectOptions) => await answerOf(open, request);

describe.each(ROUTES)("the route %s, from the tailnet", (name, route) => {
  const request = requestFor(name, route);
  const mayView = isForViewers(name, route);

  it("answers the owner without a session, and the log says who changed something", async () => {
    await send({ ...request, headers: from(OWNER) });
    expect(open.called).toEqual([name]);
    const logged = open.lines.filter(({ event }) => event === "panel.changed");
    expect(logged.map(({ by, door }) => [by, door])).toEqual(mayView ? [] : [[ANNA.name, "tailnet"]]);
  });

  it(`answers ${mayView ? "" : "nothing "}to the role 'view' [S170]`, async () => {
    const { text } = await send({ ...request, headers: from(VIEWER) });
    expect(open.called).toEqual(mayView ? [name] : []);
    if (!mayView) expect(codeOf(text)).toBe("VIEW_ONLY");
    expect(text).not.toContain(LOGIN_LINK);
  });

  it.each([
    ["a stranger", () => from(STRANGER), "NO_ROLE"],
    [
      "a stranger with a stolen session",
      () => ({ ...from(STRANGER), ...signedIn(open.sessions.open(BY_LINK)) }),
      "NO_ROLE",
    ],
    ["somebody whom tailscaled can't name", () => from(UNKNOWN), "TAILSCALED_DOWN"],
    ["a request without an address", () => from(OWNER, { "x-forwarded-for": undefined }), "NOT_ALLOWED"],
    ["a request with two addresses", () => from(`${OWNER}, ${STRANGER}`), "NOT_ALLOWED"],
    [
      "a visitor from the internet, by Funnel",
      () => from(OWNER, { "tailscale-funnel-request": "?1" }),
      "NOT_ALLOWED",
    ],
    [
      "the owner under a foreign name",
      () => from(OWNER, { "x-forwarded-host": "evil.test:4180" }),
      "NOT_ALLOWED",
    ],
    [
      "the owner under the node's name on another port",
      () => from(OWNER, { "x-forwarded-host": "docker.tail.test:80" }),
      "NOT_ALLOWED",
    ],
    [
      "the page of a container that is shared at the same name",
      () => from(OWNER, { origin: "http://docker.tail.test:8080" }),
      "NOT_ALLOWED",
    ],
    [
      "the same over HTTPS",
      () => from(OWNER, { "sec-fetch-site": "same-site", "x-forwarded-proto": "https" }),
      "NOT_ALLOWED",
    ],
    ["another website", () => from(OWNER, { "sec-fetch-site": "cross-site" }), "NOT_ALLOWED"],
    [
      "a page that can't send the panel's header",
      () => from(OWNER, { [PANEL_HEADER]: undefined }),
      "NOT_ALLOWED",
    ],
  ])("answers nothing to %s [S168]", async (_who, headers, code) => {
    const { status, text } = await send({ ...request, headers: headers() });
    expect([status >= 400, codeOf(text), open.called]).toEqual([true, code, []]);
  });

  it("answers nothing while the setting is off", async () => {
    isOpen = false;
    const { text } = await send({ ...request, headers: from(OWNER) });
    expect([codeOf(text), open.called]).toEqual(["NOT_ALLOWED", []]);
  });
});

it("shows a login link to the role 'edit' only", async () => {
  const seen = async (address: string) =>
    (await send({ method: "GET", url: "/api/snapshot", headers: from(address) })).text;
  expect(await seen(OWNER)).toContain(LOGIN_LINK);
  expect(JSON.parse(await seen(VIEWER))).toEqual({ ok: true, login: { url: null } });
});

describe("a device without a role", () => {
  it.each([
    "/",
    "/index.html",
    "/assets/main-CB1jj_2-.js",
    "/session",
    "/sessions",
    "/api/nothing",
    "/nothing",
    "/%zz",
    `/api/names/${"x".repeat(3_000)}`,
  ])("gets nothing of %s, and the same answer everywhere [S171]", async (url) => {
    const answers = await Promise.all(
      (["GET", "POST", "DELETE", "OPTIONS", "HEAD"] as const).map(
        async (method) => await send({ method, url, headers: from(STRANGER) }),
      ),
    );
    for (const { status, text, headers } of answers) {
      expect(status).toBe(403);
      expect(text).not.toMatch(/panel|docker/i);
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  it("learns nothing while tailscaled can't name it, or too many ask", async () => {
    for (const [address, code] of [
      [UNKNOWN, "TAILSCALED_DOWN"],
      [CROWD, "TOO_MANY_TRIES"],
    ] as const) {
      const { text } = await send({ method: "GET", url: "/", headers: from(address) });
      expect(codeOf(text)).toBe(code);
      expect(text).not.toMatch(/panel|docker|tailnet|share/i);
    }
  });

  it.each(["/", "/assets/main-CB1jj_2-.js", "/session", "/api/snapshot", "/nothing", "/%zz"])(
    "sees the same page at %s in a browser: who they are, and what the owner does",
    async (url) => {
      const { status, text, headers } = await send({ method: "GET", url, headers: opening(STRANGER) });
      expect([status, headers["content-type"], headers.refresh]).toEqual([403, HTML, undefined]);
      for (const words of ["eve@example.com", "eve@", "100.64.0.1", PANEL_CAPABILITY])
        expect(text).toContain(words);
      // Nothing of what is here.
      expect(text).not.toMatch(/anna|ben@|docker|<script/i);
    },
  );

  it("learns from no page who an own machine belongs to, nor that there is a panel [S208]", async () => {
    for (const address of [MACHINE, UNKNOWN, CROWD]) {
      const { text, headers } = await send({ method: "GET", url: "/", headers: opening(address) });
      expect(headers["content-type"]).toBe(HTML);
      expect(text).not.toMatch(/panel|docker|tailnet|share|anna/i);
    }
  });

  it("can't use a one-time link", async () => {
    const code = open.codes.make();
    const { text } = await send({
      method: "POST",
      url: "/session",
      headers: from(STRANGER),
      payload: { code },
    });
    expect(codeOf(text)).toBe("NO_ROLE");
    expect(open.codes.take(code)).toBe(true);
  });
});

describe("a page that may work soon", () => {
  it.each([
    [UNKNOWN, 503],
    [CROWD, 429],
  ])("tries again without a script: %s gets %s", async (address, code) => {
    const { status, text, headers } = await send({ method: "GET", url: "/", headers: opening(address) });
    expect([status, headers["content-type"], headers.refresh]).toEqual([code, HTML, "5"]);
    expect(text).toContain("tries again every 5 seconds");
  });
});

describe("a session from the tailnet", () => {
  const whoIs = async (headers: Record<string, string | undefined>) =>
    (JSON.parse((await send({ method: "GET", url: "/session", headers })).text) as { you: You | null }).you;
  const signIn = async (headers: Record<string, string | undefined>) =>
    await send({
      ...{ method: "POST", url: SESSION_ROUTES.open.path, headers },
      payload: { code: open.codes.make() },
    });

  it("is not needed: the tailnet says who it is", async () => {
    expect([await whoIs(from(OWNER)), await whoIs(from(VIEWER))]).toEqual([ANNA, BEN]);
  });

  it("gives a viewer who opens a one-time link the role 'edit', until they sign out", async () => {
    const { text, headers } = await signIn(from(VIEWER, { "x-forwarded-proto": "https" }));
    const { you, key } = JSON.parse(text) as { you: You; key: string };
    expect(you).toEqual(BY_LINK);
    const [cookie = ""] = [headers["set-cookie"]].flat();
    expect(cookie).toMatch(/; Secure$/);
    const proof = from(VIEWER, { cookie: cookie.split(";")[0], [PANEL_HEADER]: key });
    expect(await whoIs(proof)).toEqual(BY_LINK);
    const out = await send({ method: "DELETE", url: "/session", headers: proof });
    expect(JSON.parse(out.text)).toEqual({ you: BEN });
    expect(await whoIs(proof)).toEqual(BEN);
  });

  it("leaves the owner's name in the log", async () => {
    const proof = from(OWNER, signedIn(open.sessions.open(BY_LINK)));
    expect(await whoIs(proof)).toEqual(ANNA);
  });

  it("stays when everybody who came by a link is signed out", async () => {
    const out = await send({ method: "DELETE", url: "/sessions", headers: from(OWNER) });
    expect(JSON.parse(out.text)).toEqual({ you: ANNA });
  });
});

it.each([
  "docker.tail.test:4180",
  "DOCKER:4180",
  "docker.tail.test.:4180",
  "100.64.0.1:4180",
  "[fd7a:115c:a1e0::1]:4180",
])("opens at %s", async (host) => {
  const headers = from(OWNER, { "x-forwarded-host": host, origin: `http://${host}` });
  expect((await send({ method: "GET", url: "/", headers })).status).toBe(200);
});
