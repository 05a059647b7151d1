import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../lib/wait-for.ts";
import type { Engine } from "./engine.ts";

/*
 * A relay between the backend and the engine that injects faults, for the backend only: the bed keeps using the real socket.
 *
 *   const { bed, engineSocket } = await openBedWithFaultyEngine();   // tests/fixtures/open-bed.ts
 *   engineSocket.set({ kind: "refuse" });                            // the engine is unreachable
 *   engineSocket.set({ kind: "pass" });                              // the engine is back
 *   await bed.close();                                               // also closes the relay
 */

export type EngineFault =
  | { readonly kind: "pass" }
  /** Closes every connection at once, including open ones. */
  | { readonly kind: "refuse" }
  /** The engine executes each request and answers `ms` milliseconds later. */
  | { readonly kind: "slow"; readonly ms: number }
  /** Answers nothing. When this fault ends, passes on the held requests, except those whose client has left. */
  | { readonly kind: "hang" }
  /** The engine executes each request, and its answer stops halfway. */
  | { readonly kind: "cut" }
  /** Event streams stay open, and reopen, but deliver nothing more. All other calls pass. */
  | { readonly kind: "silent-events" };

export interface FaultyEngine {
  /** Path on this machine, which containers mount instead of the engine's own socket. */
  readonly path: string;
  /** Sets the current fault and ends the previous one. */
  set(fault: EngineFault): void;
  /** Writes one event to every open event stream and returns the number of streams. */
  tell(event: object): number;
  /** Holds the next matching request; resolves when it has arrived. `release` passes it on. */
  hold(method: string, path: RegExp): Promise<{ release(): void }>;
  /** Executes the next matching request and withholds its answer; resolves when the engine has answered. `drop` closes its connection. */
  keepBack(method: string, path: RegExp): Promise<{ drop(): void }>;
  /** All requests as `METHOD path`, each once. */
  asked(): ReadonlySet<string>;
  close(): Promise<void>;
}

/**
 * Calls `note` with each call once it is complete. Rejects when the engine is on another machine, which cannot mount a socket of this
 * one.
 */
export async function startFaultyEngine(
  engine: Engine,
  note: (method: string, url: string, body: string) => void = () => undefined,
): Promise<FaultyEngine> {
  if (engine.own === null)
    throw new Error("a relay before the engine's socket needs an engine on this machine");
  const target = engine.own.socket;
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-engine-"));
  const path = join(folder, "docker.sock");
  const sockets = new Set<Socket>();
  const eventStreams = new Set<ServerResponse>();
  let fault: EngineFault = { kind: "pass" };
  let changed = gate();
  const asked = new Set<string>();
  const keepsBack = new Set<{ method: string; path: RegExp; keep: (answer: ServerResponse) => void }>();
  const holds = new Set<{ method: string; path: RegExp; hold: () => Promise<void> }>();

  /** Relays one exchange as a stream, subject to the current fault. */
  async function relay(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    asked.add(`${incoming.method} ${incoming.url}`);
    const body: Uint8Array[] = [];
    incoming.on("end", () => note(incoming.method ?? "", incoming.url ?? "", Buffer.concat(body).toString()));
    const held = [...holds].find(
      (rule) => rule.method === incoming.method && rule.path.test(incoming.url ?? ""),
    );
    if (held !== undefined) {
      holds.delete(held);
      await held.hold();
    }
    while (fault.kind === "hang") await changed.opened;
    if (answer.destroyed) return;
    const { method, url: requestPath, headers } = incoming;
    const outgoing = request({ socketPath: target, method, path: requestPath, headers, agent: false });
    // Closing the connection reports a failure at either end of the relay to the client.
    outgoing.on("error", () => answer.destroy());
    const keptBack = [...keepsBack].find(
      (rule) => rule.method === method && rule.path.test(requestPath ?? ""),
    );
    if (keptBack !== undefined) keepsBack.delete(keptBack);
    outgoing.on("response", (response) => {
      if (keptBack === undefined) return void answerWith(response, answer, isEvents(incoming));
      response.resume();
      keptBack.keep(answer);
    });
    // A slow engine executes the request even after its client has left.
    answer.on("close", () => {
      if (fault.kind !== "slow") outgoing.destroy();
    });
    incoming.on("data", (chunk: Uint8Array) => body.push(chunk));
    incoming.pipe(outgoing);
  }

  async function answerWith(
    response: IncomingMessage,
    answer: ServerResponse,
    events: boolean,
  ): Promise<void> {
    response.on("error", () => answer.destroy());
    if (fault.kind === "slow") await Promise.race([delayed(fault.ms), changed.opened]);
    if (answer.destroyed) return;
    answer.writeHead(response.statusCode ?? 502, response.headers);
    answer.flushHeaders();
    if (fault.kind === "cut") return cutInHalf(response, answer, events);
    if (!events) return void response.pipe(answer);
    eventStreams.add(answer);
    answer.on("close", () => eventStreams.delete(answer));
    response.on("data", (chunk: Uint8Array) => {
      if (fault.kind !== "silent-events" && fault.kind !== "hang") answer.write(chunk);
    });
    response.on("end", () => answer.end());
  }

  const server = createServer((incoming, answer) => void relay(incoming, answer));
  // An engine keeps idle connections open. Closing them here would look like a fault.
  Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
  server.on("connection", (socket: Socket) => {
    if (fault.kind === "refuse") return void socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(path);
  await waitFor(() => server.listening, { what: "the relay to listen", timeoutMs: 5_000, everyMs: 5 });

  return {
    path,
    set(next) {
      fault = next;
      changed.open();
      changed = gate();
      if (next.kind === "refuse") for (const socket of sockets) socket.destroy();
    },
    tell(event) {
      for (const stream of eventStreams) stream.write(`${JSON.stringify(event)}\n`);
      return eventStreams.size;
    },
    async hold(method, pattern) {
      const arrived = gate();
      const released = gate();
      holds.add({
        method,
        path: pattern,
        hold: async () => {
          arrived.open();
          await released.opened;
        },
      });
      await arrived.opened;
      return { release: released.open };
    },
    async keepBack(method, pattern) {
      return await new Promise((resolve) => {
        const keep = (answer: ServerResponse) => resolve({ drop: () => void answer.destroy() });
        keepsBack.add({ method, path: pattern, keep });
      });
    },
    asked: () => asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      changed.open();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isEvents({ url }: IncomingMessage): boolean {
  return /^\/v[\d.]+\/events/.test(url ?? "");
}

function cutInHalf(response: IncomingMessage, answer: ServerResponse, events: boolean): void {
  const chunks: Uint8Array[] = [];
  const cut = (): void => {
    const whole = Buffer.concat(chunks);
    answer.write(whole.subarray(0, Math.floor(whole.length / 2)), () => answer.destroy());
  };
  response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  // An event stream has no midpoint, so cut its first event.
  if (events) response.once("data", cut);
  else response.on("end", cut);
}

async function delayed(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
}

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function gate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
