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
const STATUS = { Version: "1.102.3", Self: SELF, CertDomains: ["docker.tail.test"] };

export async function startFaultyLocalApi(): Promise<FaultyLocalApi> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-localapi-"));
  const socketPath = join(folder, "tailscaled.sock");
  const serving = createServing();
  const bus = createBus(serving.endSession);
  let state = "Running";

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${incoming.method} ${incoming.url?.replace("/localapi/v0/", "").split("?")[0]}`;
    const json = (value: unknown, status = 200) => response.writeHead(status).end(JSON.stringify(value));
    switch (route) {
      case "GET status":
        return void json({ ...STATUS, BackendState: state });
      case "GET prefs":
        return void json(PREFS);
      case "GET profiles/":
        return void json([PROFILE]);
      case "GET profiles/current":
        return void json(PROFILE);
      case "GET watch-ipn-bus":
        return bus.open(response);
      case "GET serve-config": {
        const { etag, config } = serving.read();
        response.setHeader("etag", etag);
        return void json(config);
      }
      case "POST serve-config": {
        const written = await serving.write(incoming);
        return void (written ? json({}) : json({ error: "etag mismatch" }, 412));
      }
      default:
        return void json({ error: "no such route here" }, 404);
    }
  }

  let server = await listenAt(socketPath, answer);
  return {
    socketPath,
    setState: (next) => {
      state = next;
    },
    say: bus.say,
    endBus: bus.end,
    sessions: bus.sessions,
    busesOpened: bus.opened,
    interfere: serving.interfere,
    serveConfig: () => serving.config(),
    conflicts: serving.conflicts,
    async replaceSocket() {
      await server.stop();
      server = await listenAt(socketPath, answer);
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The serve config with its ETag, which changes with every write. */
function createServing() {
  let interferences = 0;
  let conflicts = 0;
  let version = 1;
  let config: Record<string, unknown> = {};

  return {
    config: () => config,
    conflicts: () => conflicts,
    interfere(times: number): void {
      interferences = times;
    },
    /** Returns the config, and then changes it as another client would if a test has asked for that. */
    read() {
      const read = { etag: `"${version}"`, config };
      if (interferences > 0) {
        interferences -= 1;
        version += 1;
        config = { ...config, Web: { [`somebody-elses-${version}:443`]: { Handlers: {} } } };
      }
      return read;
    },
    /** Returns false, and changes nothing, if the config has changed since the client read it. */
    async write(incoming: IncomingMessage): Promise<boolean> {
      if (incoming.headers["if-match"] !== `"${version}"`) {
        conflicts += 1;
        return false;
      }
      config = JSON.parse(await text(incoming)) as Record<string, unknown>;
      version += 1;
      return true;
    },
    /** Removes the entries of a session when it ends. */
    endSession(id: string): void {
      const { [id]: ended, ...remaining } = (config.Foreground ?? {}) as Record<string, unknown>;
      if (ended === undefined) return;
      version += 1;
      config = { ...config, Foreground: remaining };
    },
  };
}

/** The open buses, each with a session of its own. */
function createBus(onEnd: (session: string) => void) {
  const buses = new Set<ServerResponse>();
  let opened = 0;

  return {
    open(response: ServerResponse): void {
      opened += 1;
      const session = `session-${opened}`;
      buses.add(response);
      response.on("close", () => {
        buses.delete(response);
        onEnd(session);
      });
      response.writeHead(200).flushHeaders();
      response.write(`{"SessionID":"${session}","State":6}\n`);
    },
    say(bytes: string): void {
      for (const bus of buses) bus.write(bytes);
    },
    end(): void {
      for (const bus of buses) bus.destroy();
    },
    sessions: () => buses.size,
    opened: () => opened,
  };
}

/** Resolves when the server listens. `stop` closes its connections, too. */
async function listenAt(
  socketPath: string,
  answer: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>,
) {
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => void answer(incoming, response));
  // tailscaled keeps idle connections open.
  server.keepAliveTimeout = 0;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(socketPath);
  await once(server, "listening");
  return {
    async stop(): Promise<void> {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
