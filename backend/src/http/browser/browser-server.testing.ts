import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { API, type Route, type RouteName } from "@tailnet-share/contract/api";
import { API_PREFIX, PANEL_HEADER } from "@tailnet-share/contract/session";
import type { FastifyInstance, InjectOptions } from "fastify";
import { pino } from "pino";
import { createSecrets } from "../../lib/redaction/secrets.ts";
import { createFakeClock } from "../../testing.ts";
import type { Served } from "../serve.ts";
import { createBrowserServer } from "./browser-server.ts";
import type { Door } from "./door.ts";
import { createOneTimeCodes } from "./one-time-codes.ts";
import { createSessions, type SessionProof } from "./sessions.ts";
import { createWrongTries } from "./wrong-tries.ts";

/* Fixtures for the tests of the panel in a browser. */

export const ROUTES = Object.entries(API) as [RouteName, Route][];
const VALUES: Record<string, string> = { workload: "name:web", name: "web", machine: "0123456789abcdef" };
const BODIES: Partial<Record<RouteName, object>> = {
  backup: { passphrase: "long enough a passphrase" },
  restore: { backup: "x", passphrase: "long enough a passphrase" },
};

export const LOGIN_LINK = "https://login.tailscale.com/a/1f0c9a7b2d3e";

/** A server that only notes which routes were called. Each answers with a login link. */
export async function openBrowserServer(door: Door) {
  const folder = await mkdtemp(join(tmpdir(), "panel-page-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>panel</title>");
  await writeFile(join(folder, "assets", "main-CB1jj_2-.js"), "export {}");
  await writeFile(join(folder, "files.json"), "[]");
  await writeFile(join(folder, ".hidden"), "hidden");
  const clock = createFakeClock();
  const called: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const sessions = createSessions(clock);
  const codes = createOneTimeCodes(clock);
  const served = Object.fromEntries(
    ROUTES.map(([name]) => [
      name,
      () => {
        called.push(name);
        return { ok: true, login: { url: LOGIN_LINK } };
      },
    ]),
  ) as unknown as Served;
  const server: FastifyInstance = createBrowserServer({
    ...{ served, door, page: folder, sessions, codes, wrongTries: createWrongTries(clock) },
    secrets: createSecrets(() => []),
    log: pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
  });
  return {
    ...{ clock, called, lines, sessions, codes, server },
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

export type OpenServer = Awaited<ReturnType<typeof openBrowserServer>>;

export async function answerOf(
  { server }: Pick<OpenServer, "server">,
  { method, url, headers = {}, payload }: InjectOptions,
) {
  const set = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  const answer = await server.inject({
    ...{ method, url, headers: set },
    ...(payload === undefined ? {} : { payload }),
  } as InjectOptions);
  return { ...answer, status: answer.statusCode, text: answer.body };
}

export const signedIn = ({ token, key }: SessionProof) => ({
  cookie: `tailnet-share=${token}`,
  [PANEL_HEADER]: key,
});

export const codeOf = (text: string) => (JSON.parse(text) as { error?: { code: string } }).error?.code;

export function requestFor(name: RouteName, { method, path, body }: Route): InjectOptions {
  const url = `${API_PREFIX}${path
    .replace("?since", "")
    .replace("?workload", "?workload=name%3Aweb")
    .replaceAll(/:(\w+)/g, (_, part: string) => VALUES[part] ?? "x")}`;
  return body === undefined ? { method, url } : { method, url, payload: BODIES[name] ?? {} };
}

export const isForViewers = (name: RouteName, { method }: Route) => method === "GET" || name === "check";
