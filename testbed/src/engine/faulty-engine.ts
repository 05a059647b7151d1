import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gate } from "../lib/gate.ts";
import { waitFor } from "../lib/wait-for.ts";
import type { Engine } from "./engine.ts";
import { createInterceptions, type Interceptions } from "./interceptions.ts";

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

export interface FaultyEngine extends Pick<Interceptions, "hold" | "keepBack"> {
  /** Path on this machine, which containers mount instead of the engine's own socket. */
  readonly path: string;
  /** Sets the current fault and ends the previous one. */
  set(fault: EngineFault): void;
  /** Writes one event to every open event stream and returns the number of streams. */
  tell(event: object): number;
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
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-engine-"));
  const path = join(folder, "docker.sock");
  const faults = createFaultSwitch();
  const interceptions = createInterceptions();
  const { relay, eventStreams } = createRelay(engine.own.socket, faults, interceptions);
  const asked = new Set<string>();
  const sockets = new Set<Socket>();

  const server = createServer((incoming, answer) => {
    const call = { method: incoming.method ?? "", url: incoming.url ?? "" };
    asked.add(`${call.method} ${call.url}`);
    const body: Uint8Array[] = [];
    incoming.on("end", () => note(call.method, call.url, Buffer.concat(body).toString()));
    void relay(incoming, answer, (chunk) => body.push(chunk));
  });
  // An engine keeps idle connections open. Closing them here would look like a fault.
  Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
  server.on("connection", (socket: Socket) => {
    if (faults.fault().kind === "refuse") return void socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(path);
  await waitFor(() => server.listening, { what: "the relay to listen", timeoutMs: 5_000, everyMs: 5 });

  return {
    path,
    set(next) {
      faults.set(next);
      if (next.kind === "refuse") for (const socket of sockets) socket.destroy();
    },
    tell(event) {
      for (const stream of eventStreams) stream.write(`${JSON.stringify(event)}\n`);
      return eventStreams.size;
    },
    hold: interceptions.hold,
    keepBack: interceptions.keepBack,
    asked: () => asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      faults.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The current fault. A relayed exchange reads it again at each of its stages. */
interface FaultSwitch {
  fault(): EngineFault;
  /** Resolves when the current fault ends. */
  changed(): Promise<void>;
  set(next: EngineFault): void;
  /** Lets exchanges go on that wait for the fault's end. */
  release(): void;
}

function createFaultSwitch(): FaultSwitch {
  let fault: EngineFault = { kind: "pass" };
  let changed = gate();
  return {
    fault: () => fault,
    changed: () => changed.opened,
    set(next) {
      fault = next;
      changed.open();
      changed = gate();
    },
    release: () => changed.open(),
  };
}

interface Relay {
  /** Relays one exchange as a stream, subject to the current fault. Calls `onBody` with each part of the request's body. */
  relay(
    incoming: IncomingMessage,
    answer: ServerResponse,
    onBody: (chunk: Uint8Array) => void,
  ): Promise<void>;
  /** Answers to event streams that are open. */
  readonly eventStreams: ReadonlySet<ServerResponse>;
}

function createRelay(
  engineSocket: string,
  { fault, changed }: FaultSwitch,
  interceptions: Interceptions,
): Relay {
  const eventStreams = new Set<ServerResponse>();

  async function answerWith(
    response: IncomingMessage,
    answer: ServerResponse,
    events: boolean,
  ): Promise<void> {
    const atFirst = fault();
    response.on("error", () => answer.destroy());
    if (atFirst.kind === "slow") await Promise.race([delayed(atFirst.ms), changed()]);
    if (answer.destroyed) return;
    answer.writeHead(response.statusCode ?? 502, response.headers);
    answer.flushHeaders();
    if (fault().kind === "cut") return cutInHalf(response, answer, events);
    if (!events) return void response.pipe(answer);
    eventStreams.add(answer);
    answer.on("close", () => eventStreams.delete(answer));
    response.on("data", (chunk: Uint8Array) => {
      if (fault().kind !== "silent-events" && fault().kind !== "hang") answer.write(chunk);
    });
    response.on("end", () => answer.end());
  }

  return {
    eventStreams,
    async relay(incoming, answer, onBody) {
      await interceptions.pass(incoming);
      while (fault().kind === "hang") await changed();
      if (answer.destroyed) return;
      const { method, url: path, headers } = incoming;
      const outgoing = request({ socketPath: engineSocket, method, path, headers, agent: false });
      // Closing the connection reports a failure at either end of the relay to the client.
      outgoing.on("error", () => answer.destroy());
      const keep = interceptions.takeKeep(incoming);
      outgoing.on("response", (response) => {
        if (keep === undefined) return void answerWith(response, answer, isEvents(incoming));
        response.resume();
        keep(answer);
      });
      // A slow engine executes the request even after its client has left.
      answer.on("close", () => {
        if (fault().kind !== "slow") outgoing.destroy();
      });
      incoming.on("data", onBody);
      incoming.pipe(outgoing);
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
