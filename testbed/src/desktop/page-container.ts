import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Engine } from "../engine/engine.ts";
import { ask } from "../lib/ask.ts";
import { machineryFlags, RESTARTS } from "../lib/bed-id.ts";
import { copyIn } from "../lib/copy-in.ts";
import { freePort } from "../lib/free-port.ts";
import { waitFor } from "../lib/wait-for.ts";
import { themeScript } from "./docker-theme.ts";
import { startSocketProxy } from "./socket-proxy.ts";

const FILES = fileURLToPath(new URL("./page/", import.meta.url));

/**
 * The program that runs the extension. Docker Desktop reaches the backend's socket directly; the others publish it on a TCP port of this
 * machine.
 */
export type PanelHost = "docker" | "rancher" | "podman";

export interface PageOptions {
  readonly host: PanelHost;
  readonly bedId: string;
  /** Image with `node`. */
  readonly nodeImage: string;
  readonly uiFolder: string;
  /** The panel's entry file, in `uiFolder`. */
  readonly index: string;
  readonly guestServicesVolume: string;
  /** File name of the backend's socket. */
  readonly socket: string;
  /** Path of the engine's own socket on the engine's machine. */
  readonly engineSocket: string;
  /** Labels of the backend's container. */
  readonly backendLabels: readonly string[];
}

export interface PageContainer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Where the host publishes the backend's socket, on this machine; null in Docker Desktop. */
  readonly published: string | null;
}

/**
 * Starts the tab's container on an ordinary network of its own, because ports published on the extension's closed network are
 * unreachable.
 */
export async function startPageContainer(engine: Engine, options: PageOptions): Promise<PageContainer> {
  const { bedId } = options;
  const network = `tailnet-share-page-${bedId}`;
  await engine.docker(["network", "create", ...machineryFlags(bedId), network]);
  // Chosen here, because the engine would choose a different port at every restart.
  const port = await freePort();
  const { flags, published } = await wayToBackend(engine, network, options);
  const id = await engine.docker([
    "create",
    "--init",
    // On an engine with remapped users, only the machine's own root may open the engine's socket.
    ...["--userns", "host"],
    ...["--name", `tailnet-share-page-${bedId}`, "--network", network],
    ...["-p", `127.0.0.1:${port}:8080`],
    ...flags,
    // The folder, because each start of the engine makes another socket.
    ...["-v", `${dirname(options.engineSocket)}:/run/engine`],
    ...["-e", `ENGINE_SOCKET=${basename(options.engineSocket)}`],
    ...["-e", `BACKEND_LABELS=${JSON.stringify(options.backendLabels)}`],
    ...["-e", `INDEX=${options.index}`],
    ...RESTARTS,
    ...machineryFlags(bedId),
    ...[options.nodeImage, "node", "/page/server.mjs"],
  ]);
  const names = ["server.mjs", "engine.mjs", "client.js", "scheme.js"];
  const scripts = await Promise.all(
    names.map(async (name) => [`/page/${name}`, await readFile(FILES + name, "utf8")]),
  );
  // The other hosts of extensions give the panel no theme.
  const theme = options.host === "docker" ? themeScript() : "";
  await copyIn(engine, id, { ...Object.fromEntries(scripts), "/page/theme.js": theme });
  await engine.docker(["cp", options.uiFolder, `${id}:/panel`]);
  await engine.docker(["start", id]);
  const url = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await ask(url, { timeoutMs: 2_000 })).status === 200, {
    what: `the panel at ${url}`,
    timeoutMs: 20_000,
  });
  return { url, published };
}

async function wayToBackend(
  engine: Engine,
  network: string,
  options: PageOptions,
): Promise<{ flags: readonly string[]; published: string | null }> {
  const { guestServicesVolume, socket, host } = options;
  if (host === "docker") {
    // Docker Desktop is no container, so no container may seem to mount the socket's folder: this mounts the folder above it.
    const format = ["-f", "{{.Mountpoint}}"];
    const folder = await engine.docker(["volume", "inspect", ...format, guestServicesVolume]);
    const flags = [
      "-v",
      `${dirname(folder)}:/run/above`,
      "-e",
      `SOCKET=/run/above/${basename(folder)}/${socket}`,
    ];
    return { flags, published: null };
  }
  const port = await freePort();
  const proxy = await startSocketProxy(engine, { ...options, network, port });
  const flags = ["-e", `PUBLISHED_AT=${proxy}`, "-e", `PUBLISHED_PORT=${port}`];
  return { flags, published: `127.0.0.1:${port}` };
}
