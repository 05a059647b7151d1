import { Agent, type AgentOptions, type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { fileAt } from "../files/file-at.ts";
import { connectPlainly } from "../files/plain-file.ts";

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface HttpRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** Sent as JSON; without it the request has no body. */
  json?: unknown;
  headers?: Record<string, string>;
  /** Deadline for the whole request, in milliseconds. */
  timeoutMs?: number;
  /** Uses a new connection. */
  fresh?: boolean;
  /**
   * Uses a new connection and closes its sending side after this many milliseconds. A Go server then cancels its work, and can still
   * answer why it failed.
   */
  patienceMs?: number;
  signal?: AbortSignal;
}

export interface UnixHttp {
  /** Rejects with the system's error or a `TimeoutError`; never because of a status. */
  send(options: HttpRequest): Promise<HttpAnswer>;
  /**
   * Resolves when the headers arrive; the body streams until the peer or `signal` ends it. Only a 200 has a body. Any other answer is
   * dropped with its connection, because an unread body would keep the connection busy.
   */
  stream(options: HttpRequest): Promise<{ status: number; body: AsyncIterable<Uint8Array> }>;
  /**
   * Asks the server to switch to `protocol` on a new connection, then closes that. Resolves with null when the server agreed, and
   * otherwise with its answer.
   */
  switches(protocol: string, options: HttpRequest): Promise<HttpAnswer | null>;
  /** Closes every persistent connection and aborts current requests. A later request opens a new connection. */
  close(): void;
}

/** Far larger than any answer of the engine or of tailscaled; limits memory for a runaway one. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;

/** Otherwise node works out a name for TLS from the `Host` header of each request. */
const NO_TLS: AgentOptions & { servername: string } = { servername: "" };

/** Connects only to a real socket, never through a link. */
class PlainAgent extends Agent {
  readonly #socketPath: string;

  constructor(socketPath: string, options: AgentOptions) {
    super(options);
    this.#socketPath = socketPath;
  }

  override createConnection(): Socket {
    return connectPlainly(this.#socketPath);
  }
}

/**
 * HTTP/1.1 over a unix socket. Reuses connections only while the same socket file is at the path: they outlive the file, and would
 * lead to a program that no longer listens there. `host` is the `Host` header. `plain`: follows no link to the socket, for a folder
 * that others can write.
 */
export function createUnixHttp(
  socketPath: string,
  host: string,
  { plain = false }: { plain?: boolean } = {},
): UnixHttp {
  const agents = new Agents(socketPath, plain);
  const open = (options: HttpRequest, limitMs: number | undefined, onSwitch?: () => void) =>
    openRequest(options, { socketPath, host, agent: agents.get(options), limitMs, onSwitch });

  return {
    send: async (options) => await readAnswer(options.path, await open(options, limitOf(options))),
    async switches(protocol, options) {
      const headers = { ...options.headers, connection: "upgrade", upgrade: protocol };
      return await new Promise((resolve, reject) => {
        open({ ...options, headers, fresh: true }, limitOf(options), () => resolve(null))
          .then(async (incoming) => resolve(await readAnswer(options.path, incoming)))
          .catch(reject);
      });
    },
    async stream(options) {
      const incoming = await open(options, undefined);
      const status = incoming.statusCode ?? 0;
      if (status !== 200) incoming.destroy();
      return { status, body: incoming as AsyncIterable<Uint8Array> };
    },
    close: () => agents.close(),
  };
}

/** The persistent connections to one socket file, and new ones for requests that share none. */
class Agents {
  readonly #socketPath: string;
  readonly #plain: boolean;
  #kept: Agent;
  #file = "";
  #isClosed = false;

  constructor(socketPath: string, plain: boolean) {
    this.#socketPath = socketPath;
    this.#plain = plain;
    this.#kept = this.#createKept();
  }

  get({ fresh, patienceMs }: HttpRequest): Agent {
    if (fresh || patienceMs !== undefined || this.#isClosed) return this.#create({});
    const file = fileAt(this.#socketPath);
    if (file !== this.#file) {
      this.#kept.destroy();
      this.#kept = this.#createKept();
      this.#file = file;
    }
    return this.#kept;
  }

  close(): void {
    this.#isClosed = true;
    this.#kept.destroy();
  }

  #createKept(): Agent {
    return this.#create({ keepAlive: true, maxSockets: 16, ...NO_TLS });
  }

  #create(options: AgentOptions): Agent {
    return this.#plain ? new PlainAgent(this.#socketPath, options) : new Agent(options);
  }
}

interface Opening {
  socketPath: string;
  host: string;
  agent: Agent;
  /** Deadline for the whole request, in milliseconds; undefined for none. */
  limitMs: number | undefined;
  /** Called when the server switches protocols; the request has no other answer then. */
  onSwitch: (() => void) | undefined;
}

/** Sends a request. Resolves when the headers of its answer arrive. */
async function openRequest(
  { method, path, json, headers, patienceMs, signal }: HttpRequest,
  { socketPath, host, agent, limitMs, onSwitch }: Opening,
): Promise<IncomingMessage> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  return await new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        agent,
        method,
        path,
        headers: { host, ...bodyHeaders(body), ...headers },
      },
      resolve,
    );
    outgoing.on("error", reject);
    endEarly(outgoing, limitMs, signal);
    if (onSwitch)
      outgoing.once("upgrade", (_, socket) => {
        socket.destroy();
        onSwitch();
      });
    if (patienceMs !== undefined) endLater(outgoing, patienceMs);
    outgoing.end(body);
  });
}

function bodyHeaders(body: string | undefined): Record<string, string> {
  if (body === undefined) return { "content-length": "0" };
  return { "content-type": "application/json", "content-length": Buffer.byteLength(body).toString() };
}

function limitOf({ timeoutMs = DEFAULT_TIMEOUT_MS }: HttpRequest): number {
  return timeoutMs;
}

/** Ends a request after `limitMs` or at the signal. Node's own `signal` option takes a tenth of a request's processor time. */
function endEarly(
  outgoing: ClientRequest,
  limitMs: number | undefined,
  signal: AbortSignal | undefined,
): void {
  const end = (cause: unknown) => outgoing.destroy(new AbortedRequest(cause));
  const onAbort = () => end(signal?.reason);
  const onLimit = () => end(new DOMException("The request took too long", "TimeoutError"));
  const timer = limitMs === undefined ? undefined : setTimeout(onLimit, limitMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  outgoing.once("close", () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  });
  if (signal?.aborted) onAbort();
}

class AbortedRequest extends Error {
  override readonly name = "AbortError";
  readonly code = "ABORT_ERR";

  constructor(cause: unknown) {
    super("The request was aborted", { cause });
  }
}

async function readAnswer(path: string, incoming: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    incoming.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES)
        incoming.destroy(new Error(`answer of ${path} is larger than ${MAX_ANSWER_BYTES} bytes`));
    });
    incoming.on("end", resolve);
    incoming.on("error", reject);
    // After an end or an error, this changes nothing.
    incoming.on("close", () => reject(new Error(`answer of ${path} ended early`)));
  });
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

function endLater(outgoing: ClientRequest, ms: number): void {
  outgoing.once("socket", (socket) => {
    const timer = setTimeout(() => socket.end(), ms);
    socket.once("close", () => clearTimeout(timer));
  });
}
