import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Engine } from "../engine/engine.ts";
import { machineryFlags, RESTARTS } from "../lib/bed-id.ts";
import { copyIn } from "../lib/copy-in.ts";

const PROGRAM = fileURLToPath(new URL("./page/proxy.mjs", import.meta.url));

export interface SocketProxyOptions {
  readonly bedId: string;
  /** Image with `node`. */
  readonly nodeImage: string;
  readonly network: string;
  readonly guestServicesVolume: string;
  readonly socket: string;
  /** The port of this machine that it answers on. */
  readonly port: number;
}

/**
 * Publishes the backend's socket on a TCP port, from a container that mounts the socket's volume, as hosts other than Docker Desktop do.
 * They publish it on every interface; this answers on the loopback address, and to all containers of `network`. Returns its name there.
 */
export async function startSocketProxy(engine: Engine, options: SocketProxyOptions): Promise<string> {
  const name = `tailnet-share-proxy-${options.bedId}`;
  const id = await engine.docker([
    "create",
    "--init",
    ...["--name", name, "--network", options.network],
    ...["-p", `127.0.0.1:${options.port}:80`],
    ...["-v", `${options.guestServicesVolume}:/run/guest-services`],
    ...["-e", `SOCKET=/run/guest-services/${options.socket}`],
    ...RESTARTS,
    ...machineryFlags(options.bedId),
    ...[options.nodeImage, "node", "/page/proxy.mjs"],
  ]);
  await copyIn(engine, id, { "/page/proxy.mjs": await readFile(PROGRAM, "utf8") });
  await engine.docker(["start", id]);
  return name;
}
