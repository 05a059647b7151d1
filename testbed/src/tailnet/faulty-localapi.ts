import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** A scripted stand-in for tailscaled's LocalAPI, for behaviour that a real tailscaled cannot be made to show. */
export interface FaultyLocalApi {
  readonly socketPath: string;
  /** Sets the state that `status` returns. */
  setState(state: "Running" | "Stopped" | "Starting"): void;
  /** Sends raw bytes on every open bus. */
  say(bytes: string): void;
  /** Closes every open bus. */
  endBus(): void;
  /** Number of open buses. */
  sessions(): number;
  /** Number of times a bus was opened. */
  busesOpened(): number;
  /** Changes the serve config after each of the next `times` reads, before the reader can write it back. */
  interfere(times: number): void;
  serveConfig(): Readonly<Record<string, unknown>>;
  /** Number of configs rejected because of a concurrent change. */
  conflicts(): number;
  /** Listens again at the same path, as another process would. */
  replaceSocket(): Promise<void>;
  close(): Promise<void>;
}

const PREFS = {
  ControlURL: "http://172.30.0.10:8080",
  Hostname: "docker",
  CorpDNS: false,
  WantRunning: true,
};
const PROFILE = { ID: "one", ControlURL: PREFS.ControlURL, UserProfile: { LoginName: "anna" }, NodeID: "n1" };
const SELF = { ID: "n1", HostName: "docker", DNSName: "docker.tail.test.", TailscaleIPs: ["100.64.0.1"] };

export async function startFaultyLocalApi(): Promise<FaultyLocalApi> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-localapi-"));
  const socketPath = join(folder, "tailscaled.sock");
  const buses = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let state = "Running";
  let opened = 0;
  let interferences = 0;
  let conflicts = 0;
  let version = 1;
  let config: Record<string, unknown> = {};

  /** Removes the serve config entries of a session when it ends. */
  function endSession(id: string): void {
    const { [id]: gone, ...others } = (config.Foreground ?? {}) as Record<string, unknown>;
    if (gone === undefined) return;
    version += 1;
    config = { ...config, Foreground: others };
  }

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${incoming.method} ${incoming.url?.replace("/localapi/v0/", "").split("?")[0]}`;
    const session = `session-${opened + 1}`;
    const json = (value: unknown, status = 200) => response.writeHead(status).end(JSON.stringify(value));
    switch (route) {
      case "GET status":
        return void json({
          Version: "1.102.3",
          BackendState: state,
          Self: SELF,
          CertDomains: ["docker.tail.test"],
        });
      case "GET prefs":
        return void json(PREFS);
      case "GET profiles/":
        return void json([PROFILE]);
      case "GET profiles/current":
        return void json(PROFILE);
      case "GET watch-ipn-bus":
        opened += 1;
        buses.add(response);
        response.on("close", () => {
          buses.delete(response);
          endSession(session);
        });
        response.writeHead(200).flushHeaders();
        return void response.write(`{"SessionID":"${session}","State":6}\n`);
      case "GET serve-config":
        response.setHeader("etag", `"${version}"`);
        json(config);
        if (interferences === 0) return;
        interferences -= 1;
        version += 1;
        config = { ...config, Web: { [`somebody-elses-${version}:443`]: { Handlers: {} } } };
        return;
      case "POST serve-config":
        if (incoming.headers["if-match"] !== `"${version}"`) {
          conflicts += 1;
          return void json({ error: "etag mismatch" }, 412);
        }
        config = JSON.parse(await text(incoming)) as Record<string, unknown>;
        version += 1;
        return void json({});
      default:
        return void json({ error: "no such route here" }, 404);
    }
  }

  const listening = async () => {
    const server = createServer((incoming, response) => void answer(incoming, response));
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.listen(socketPath);
    await once(server, "listening");
    return server;
  };
  let server = await listening();

  async function stop(): Promise<void> {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  return {
    socketPath,
    setState: (next) => {
      state = next;
    },
    say: (bytes) => {
      for (const bus of buses) bus.write(bytes);
    },
    endBus: () => {
      for (const bus of buses) bus.destroy();
    },
    sessions: () => buses.size,
    busesOpened: () => opened,
    interfere: (times) => {
      interferences = times;
    },
    serveConfig: () => config,
    conflicts: () => conflicts,
    async replaceSocket() {
      await stop();
      server = await listening();
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
