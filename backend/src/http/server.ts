import { rm } from "node:fs/promises";
import { STATUS_CODES } from "node:http";
import { ERRORS_INSIDE_HEADER } from "@tailnet-share/contract/access";
import { ERROR_STATUS } from "@tailnet-share/contract/error-codes";
import { AppError, Fault } from "@tailnet-share/contract/errors";
import { MAX_BODY_BYTES } from "@tailnet-share/contract/limits";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Logger } from "pino";
import { ZodError } from "zod";
import { type Secrets, secretsIn, withSafeFaults } from "../lib/redaction/secrets.ts";

/** Limit for pending connections: Node's own 511 refuses clients under a burst. The kernel caps it at `somaxconn`. */
const BACKLOG = 4_096;

/** The differences of a server for browsers. */
interface ForBrowsers {
  /** Answers a request that can't be read, instead of saying what is wrong with it. */
  readonly unreadable: AppError | null;
  /** Answers a refused request itself, by a page; returns null for one that gets an `ErrorBody`. Must not reject. */
  readonly page:
    | ((request: FastifyRequest, reply: FastifyReply, status: number, fault: Fault) => Promise<string | null>)
    | null;
}

/**
 * Creates an HTTP server that answers every refusal with an `ErrorBody`. `serve` adds the routes. Faults never contain a secret from a
 * request, even when they quote another program.
 */
export function createServer(
  log: Logger,
  secrets: Secrets,
  { unreadable, page }: ForBrowsers = ONLY_JSON,
): FastifyInstance {
  const answerTo = (problem: string) =>
    unreadable === null ? { status: 400, fault: badRequest(problem) } : toAnswer(unreadable);
  async function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    { status, fault }: { status: number; fault: Fault },
  ): Promise<void> {
    const answered = statusFor(request, status);
    const text =
      page === null
        ? null
        : await page(request, reply, answered, Fault.parse(withSafeFaults(fault, secrets.list())));
    if (text === null) await reply.code(answered).send({ error: fault });
    else await reply.code(answered).type("text/html; charset=utf-8").send(text);
  }
  // Declare the base type: pino's own type would become a type parameter of every route.
  // The server's own messages are not backend events; only its warnings may be useful.
  const logger: FastifyBaseLogger = log.child({ event: "request.server" }, { level: "warn" });
  const server = Fastify({
    loggerInstance: logger,
    // A line per poll would drown the important ones.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    // A client that sends its request byte by byte must not hold a connection forever; long polls answer late but send at once.
    requestTimeout: 10_000,
    // Node checks that only every 30 s by default, and applies the longer of the two timeouts to the body.
    http: { headersTimeout: 5_000, connectionsCheckingInterval: 2_000 },
    connectionTimeout: 0,
    routerOptions: { maxParamLength: 2_000 },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // Zod checks requests and `createSerializer` writes answers. Setting both here keeps Fastify from loading its own, several megabytes.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    // Requests that are not HTTP get the same error shape.
    clientErrorHandler: (_error, socket) => {
      if (!socket.writable) return void socket.destroy();
      const { status, fault } = answerTo("This is not a request in HTTP/1.1.");
      const body = JSON.stringify({ error: fault });
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    },
    // Fastify's own text quotes the address, where somebody may have put a secret by mistake.
    frameworkErrors: (_error, request, reply: FastifyReply) => {
      void refuse(request, reply, answerTo("The request's address is malformed."));
    },
  });
  server.addHook("preHandler", async (request) => {
    for (const secret of secretsIn(request.body)) secrets.heard(secret);
  });
  readTextWithinText(server);
  server.setReplySerializer(createSerializer(secrets));
  server.setNotFoundHandler(async (request, reply) => {
    await refuse(request, reply, {
      status: 404,
      fault: { code: "UNKNOWN_ROUTE", message: "There is no such route.", hint: "" },
    });
  });
  server.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const { status, fault } = toAnswer(error);
    const facts = { method: request.method, route: request.routeOptions.url, code: fault.code };
    // The refusal's own text may quote a misplaced value, which may be a secret.
    if (status < 500) log.debug({ event: "request.refused", ...facts }, "a request was refused");
    else if (error instanceof AppError)
      log.warn({ event: "request.unserved", ...facts, err: error }, "a request could not be served");
    else log.error({ event: "request.failed", ...facts, err: error }, "a request failed unexpectedly");
    await refuse(request, reply, { status, fault });
  });
  return server;
}

const ONLY_JSON: ForBrowsers = { unreadable: null, page: null };

/** The status of an error's answer. Hosts that pass on only 2xx bodies ask for 200. */
function statusFor({ headers }: FastifyRequest, status: number): number {
  return headers[ERRORS_INSIDE_HEADER] === undefined ? status : 200;
}

/**
 * Parses the JSON text of an object within a JSON text, too: Podman Desktop encodes the body that a panel has encoded once more. Panels
 * have `ERRORS_INSIDE_HEADER`.
 */
function readTextWithinText(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, text, done) => {
    void parse(request, text, (error, body) => {
      const isEncodedTwice =
        error === null && typeof body === "string" && request.headers[ERRORS_INSIDE_HEADER] !== undefined;
      if (isEncodedTwice && body.startsWith("{")) void parse(request, body, done);
      else done(error, body);
    });
  });
}

/** Rejects routes with a JSON schema; no route has one. */
function noCompiler(): never {
  throw new Error("a route has a JSON schema");
}

/** Serializes an answer without secrets. All waiting panels receive the same snapshot, so its text is cached. */
function createSerializer(secrets: Pick<Secrets, "list">): (answer: unknown) => string {
  const written = new WeakMap<object, { without: string; text: string }>();
  return (answer) => {
    const list = secrets.list();
    const without = JSON.stringify(list);
    const known = typeof answer === "object" && answer !== null ? written.get(answer) : undefined;
    if (known?.without === without) return known.text;
    const text = JSON.stringify(withSafeFaults(answer, list));
    if (typeof answer === "object" && answer !== null) written.set(answer, { without, text });
    return text;
  };
}

/** Removes a socket that a killed backend left behind, then listens. */
export async function listen(server: FastifyInstance, socketPath: string): Promise<void> {
  await rm(socketPath, { force: true });
  await server.listen({ path: socketPath, backlog: BACKLOG });
}

export function toAnswer(error: unknown): { status: number; fault: Fault } {
  if (error instanceof AppError) return { status: ERROR_STATUS[error.code], fault: error.fault };
  if (error instanceof ZodError) {
    const [issue] = error.issues;
    const where = issue?.path.join(".") ?? "";
    return {
      status: 400,
      fault: badRequest(
        `${where === "" ? "The request" : `'${where}'`} is not acceptable: ${issue === undefined ? "unknown reason" : reasonOf(issue)}.`,
      ),
    };
  }
  const { statusCode, code } = error as FastifyError;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return {
      status: 413,
      fault: {
        code: "BODY_TOO_LARGE",
        message: "The request is larger than this route takes.",
        hint: "",
      },
    };
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, fault: badRequest("The request is malformed.") };
  }
  return {
    status: 500,
    fault: {
      code: "INTERNAL",
      message: "Something went wrong.",
      hint: "Try again. If this persists, send the diagnostics.",
    },
  };
}

/** Zod quotes only field names from the request, but a secret may be in place of a name. */
function reasonOf(issue: ZodError["issues"][number]): string {
  return issue.code === "unrecognized_keys" ? "it has a field that is not known" : issue.message;
}

function badRequest(message: string): Fault {
  return { code: "BAD_REQUEST", message, hint: "" };
}
