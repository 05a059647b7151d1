import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { ask } from "../lib/ask.ts";
import { machineryFlags, RESTARTS } from "../lib/bed-id.ts";
import { copyIn } from "../lib/copy-in.ts";
import { waitFor } from "../lib/wait-for.ts";

const FILES = fileURLToPath(new URL("./page/", import.meta.url));
const Answer = z.object({ status: z.number(), body: z.string() });
export type BackendAnswer = z.infer<typeof Answer>;

export interface BackendRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly url: string;
  /** Sent as JSON. */
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The dashboard tab: the panel with `window.ddClient`, on a loopback port. */
export interface Page {
  /** `http://127.0.0.1:<port>`. Queries: `theme=dark|light`, `errors=bare|text`, `wrap=data`. */
  readonly url: string;
  /** Calls the backend over the same path as the panel. Answers 502 when the backend's socket does not answer. */
  request(request: BackendRequest, timeoutMs?: number): Promise<BackendAnswer>;
}

export interface PageOptions {
  readonly bedId: string;
  /** Image with `node`. */
  readonly nodeImage: string;
  readonly uiFolder: string;
  /** The panel's entry file, in `uiFolder`. */
  readonly index: string;
  readonly guestServicesVolume: string;
  readonly socket: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string")
    throw new Error("no free port on the loopback address");
  return address.port;
}

/**
 * Starts the tab's container on an ordinary network of its own, because ports published on the extension's closed network are
 * unreachable.
 */
export async function startPage(engine: Engine, options: PageOptions): Promise<Page> {
  const { bedId } = options;
  const network = `tailnet-share-page-${bedId}`;
  await engine.docker(["network", "create", ...machineryFlags(bedId), network]);
  // Chosen here, because the engine would choose a different port at every restart.
  const port = await freePort();
  const id = await engine.docker([
    "create",
    "--init",
    "--name",
    `tailnet-share-page-${bedId}`,
    "--network",
    network,
    "-p",
    `127.0.0.1:${port}:8080`,
    "-v",
    `${options.guestServicesVolume}:/run/guest-services`,
    "-e",
    `SOCKET=${options.socket}`,
    "-e",
    `INDEX=${options.index}`,
    ...RESTARTS,
    ...machineryFlags(bedId),
    options.nodeImage,
    "node",
    "/page/server.mjs",
  ]);
  const names = ["server.mjs", "client.js", "theme.js"];
  const scripts = await Promise.all(
    names.map(async (name) => [`/page/${name}`, await readFile(FILES + name, "utf8")]),
  );
  await copyIn(engine, id, Object.fromEntries(scripts));
  await engine.docker(["cp", options.uiFolder, `${id}:/panel`]);
  await engine.docker(["start", id]);
  const url = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await ask(url, { timeoutMs: 2_000 })).status === 200, {
    what: `the panel at ${url}`,
    timeoutMs: 20_000,
  });
  return {
    url,
    async request(request, timeoutMs) {
      const { body } = await ask(`${url}/__dd/request`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
      return Answer.parse(JSON.parse(body));
    },
  };
}
