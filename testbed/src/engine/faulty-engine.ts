import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../lib/wait-for.ts";
import type { Engine } from "./engine.ts";

/*
 * A relay between the backend and the engine that breaks on purpose, and only for the backend: the bed goes on by the real socket.
 *
 *   const { bed, engineSocket } = await openBedWithFaultyEngine();   // tests/fixtures/open-bed.ts
 *   engineSocket.set({ kind: "refuse" });                            // the engine is gone
 *   engineSocket.set({ kind: "pass" });                              // and back
 *   await bed.close();                                               // closes the relay as well
 */

export type EngineFault =
  | { readonly kind: "pass" }
  /** Every connection ends at once, also those that are open. */
  | { readonly kind: "refuse" }
  /** The engine does what it is asked to, and answers `ms` milliseconds later. */
  | { readonly kind: "slow"; readonly ms: number }
  /** Nothing is answered; what was asked meanwhile is passed on when this ends, unless the asker has left. */
  | { readonly kind: "hang" }
  /** The engine does what it is asked to, and its answer ends in the middle. */
  | { readonly kind: "cut" }
  /** Event streams stay open, and open anew, and tell nothing more. All else passes. */
  | { readonly kind: "silent-events" };

export interface FaultyEngine {
  /** Path on this machine; what a container mounts in place of the engine's own socket. */
  readonly path: string;
  /** From now on; what was broken before is mended by it. */
  set(fault: EngineFault): void;
  /** Writes one event to every stream of events that is open; answers how many that are. */
  tell(event: object): number;
  /** Holds the next request that matches; resolves when it is there. `release` passes it on. */
  hold(method: string, path: RegExp): Promise<{ release(): void }>;
  /** The next request that matches is carried out and its answer kept back; resolves when the engine has answered. `drop` ends its connection. */
  keepBack(method: string, path: RegExp): Promise<{ drop(): void }>;
  /** All of them, as `METHOD path`, each once. */
  asked(): ReadonlySet<string>;
  close(): Promise<void>;
}

/**
 * `note` is told of each call when all of it has come. Rejects where the engine is on another machine: a socket of this one cannot be
 * mounted there.
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

  /** Passes one exchange on as it comes, but for what the fault of the moment does to it. */
  async function relay(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    asked.add(`${incoming.method} ${incoming.url}`);
    const body: Uint8Array[] = [];
    incoming.on("end", () => note(incoming.method ?? "", incoming.url ?? "", Buffer.concat(body).toString()));
    const held = [...holds].find(
      (one) => one.method === incoming.method && one.path.test(incoming.url ?? ""),
    );
    if (held !== undefined) {
      holds.delete(held);
      await held.hold();
    }
    while (fault.kind === "hang") await changed.opened;
    if (answer.destroyed) return;
    const { method, url: requestPath, headers } = incoming;
    const outgoing = request({ socketPath: target, method, path: requestPath, headers, agent: false });
    // The asker hears of either end of the relay by the end of its connection.
    outgoing.on("error", () => answer.destroy());
    const keptBack = [...keepsBack].find((one) => one.method === method && one.path.test(requestPath ?? ""));
    if (keptBack !== undefined) keepsBack.delete(keptBack);
    outgoing.on("response", (response) => {
      if (keptBack === undefined) return void answerWith(response, answer, isEvents(incoming));
      response.resume();
      keptBack.keep(answer);
    });
    // An engine that is slow does what it was asked, also when nobody waits for it any more.
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
  // An engine keeps idle connections; an end of our own making would look like a fault.
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
  // A stream of events has no half, but its first event has.
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
