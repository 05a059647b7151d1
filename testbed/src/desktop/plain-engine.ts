import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  API_PREFIX,
  NO_KEY,
  PANEL_HEADER,
  SESSION_ROUTES,
  SessionState,
} from "@tailnet-share/contract/session";
import { stringify } from "yaml";
import type { Engine } from "../engine/engine.ts";
import { type AskOptions, type AskResult, ask } from "../lib/ask.ts";
import { BED_LABEL } from "../lib/bed-id.ts";
import { freePort } from "../lib/free-port.ts";
import { waitFor } from "../lib/wait-for.ts";
import { createBackend } from "./backend.ts";
import type { DesktopOptions, Installation } from "./desktop.ts";
import type { BackendAnswer, BackendRequest, Page } from "./page.ts";

/** The files that users of a plain engine start. */
const PACKAGING = fileURLToPath(new URL("../../../packaging/", import.meta.url));
const LINK_COMMAND = ["/usr/local/bin/node", "/app/panel-link.mjs"];

/** Starts the product on an engine without a desktop, by the file that users start, with the panel at a loopback port. */
export async function installOnEngine(engine: Engine, options: DesktopOptions): Promise<Installation> {
  const { bedId, network, surroundings } = options;
  const project = `tailnet-share-plain-${bedId}`;
  // Chosen here, because the engine would choose a different port at every restart.
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), "plain-engine-"));
  const override = join(folder, "override.yaml");
  const labels = { [BED_LABEL]: bedId };
  const backendService = {
    labels,
    container_name: `tailnet-share-${bedId}`,
    extra_hosts: surroundings.hosts,
    environment: { TAILNET_SHARE_PANEL_URL: url, ...surroundings.env, ...options.env },
  };
  await writeFile(
    override,
    stringify({
      services: { backend: backendService },
      networks: { default: { name: network, external: true } },
      volumes: { state: { name: `tailnet-share-state-${bedId}`, labels } },
    }),
  );
  const file = `${PACKAGING}${engine.isPodman ? "podman" : "linux"}/compose.yaml`;
  const compose = async (args: readonly string[]): Promise<string> =>
    await engine.compose(["-f", file, "-f", override, "-p", project, ...args], {
      env: {
        TAILNET_SHARE_IMAGE: options.image,
        DOCKER_SOCKET: engine.socketInEngine,
        TAILNET_SHARE_PORT: String(port),
      },
    });
  await compose(["up", "-d"]);
  const backend = createBackend(engine, await compose(["ps", "-q", "backend"]));
  const page = createPage(url, async () => {
    const { stdout, stderr } = await backend.exec(LINK_COMMAND);
    if (!stdout.startsWith(`${url}/#`)) throw new Error(`no link to ${url}: ${stdout}${stderr}`);
    return stdout.trim();
  });
  async function answers(): Promise<boolean> {
    const { status, body } = await page.request({ method: "GET", url: "/snapshot" });
    if (status === 200) return true;
    throw new Error(body.slice(0, 200));
  }
  await waitFor(answers, {
    what: "the backend to answer at its port",
    timeoutMs: 30_000,
  }).catch(async (error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}. The backend's log:\n${(await backend.logs()).slice(-4_000)}`, {
      cause: error,
    });
  });
  return {
    backend,
    page,
    uninstall: async () => void (await compose(["down", "-v"])),
    close: async () => await rm(folder, { recursive: true, force: true }),
  };
}

interface Session {
  readonly cookie: string;
  readonly key: string;
}

/** The panel at its port. Calls of the test bed sign in by a link of their own. `makeLink` rejects while the backend does not run. */
export function createPage(url: string, makeLink: () => Promise<string>): Page {
  let session: Session | null = null;

  async function signIn(): Promise<Session> {
    const code = new URL(await makeLink()).hash.slice(1);
    const { body, headers } = await exchange(url, {
      method: SESSION_ROUTES.open.method,
      path: SESSION_ROUTES.open.path,
      headers: { [PANEL_HEADER]: NO_KEY },
      data: { code },
    });
    const { key } = SessionState.parse(JSON.parse(body));
    const cookie = headers["set-cookie"]?.[0]?.split(";")[0];
    if (cookie === undefined || key === undefined) throw new Error(`signing in failed: ${body}`);
    return { cookie, key };
  }

  async function send(
    { method, url: path, data, headers }: BackendRequest,
    timeoutMs?: number,
  ): Promise<BackendAnswer> {
    session ??= await signIn();
    const own = { cookie: session.cookie, [PANEL_HEADER]: session.key };
    return await exchange(url, {
      ...{ method, path: `${API_PREFIX}${path}`, data, headers: { ...own, ...headers } },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  return {
    url,
    published: null,
    isHosted: false,
    // The browser's own theme counts.
    async address() {
      const link = await makeLink();
      // After a restart, the engine's port proxy may accept connections before it reaches the container.
      await waitFor(async () => (await ask(url, { timeoutMs: 2_000 }).catch(() => null)) !== null, {
        what: `${url} to answer`,
        timeoutMs: 30_000,
      });
      return link;
    },
    async request(request, timeoutMs) {
      try {
        const answer = await send(request, timeoutMs);
        if (answer.status !== 401) return answer;
        // The backend was restarted, which ends all sessions.
        session = null;
        return await send(request, timeoutMs);
      } catch (error) {
        return { status: 502, body: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

interface Exchange extends Pick<AskOptions, "timeoutMs" | "headers"> {
  readonly method: NonNullable<AskOptions["method"]>;
  readonly path: string;
  readonly data?: unknown;
}

/** One request as the panel's own page sends it. */
async function exchange(url: string, { path, headers, data, ...options }: Exchange): Promise<AskResult> {
  const body = data === undefined ? {} : { body: JSON.stringify(data) };
  const type = data === undefined ? {} : { "content-type": "application/json" };
  return await ask(`${url}${path}`, {
    ...options,
    ...body,
    headers: { "sec-fetch-site": "same-origin", ...type, ...headers },
  });
}
