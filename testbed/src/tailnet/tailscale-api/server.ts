// Stands in for https://api.tailscale.com on a tailnet of headscale. Runs uncompiled in the node image:
//   config.json   beside it, a `ServerConfig`
//   API_PORT      the API          DESK_PORT   where tests read the log and inject disturbances, as `startTailscaleApi` does
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { createApi } from "./api.ts";
import { type ApiRequest, Refusal } from "./checks.ts";
import { createHeadscale } from "./headscale.ts";
import {
  ADMIN_PORT,
  API_PORT,
  type ApiAnswer,
  type ApiSettings,
  type Disturbance,
  type LoggedRequest,
  type ServerConfig,
} from "./protocol.ts";

const config = JSON.parse(readFileSync(join(import.meta.dirname, "config.json"), "utf8")) as ServerConfig;
/** How far tests advanced this clock, in milliseconds. */
let ahead = 0;
let log: LoggedRequest[] = [];
let disturbances: Disturbance[] = [];
const api = createApi({
  settings: config,
  headscale: createHeadscale(config.headscale),
  domain: config.domain,
  now: () => Date.now() + ahead,
});

async function read(incoming: IncomingMessage): Promise<ApiRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );
  const { method = "", url = "" } = incoming;
  return { method, path: url, headers, body: Buffer.concat(chunks).toString("utf8") };
}

/** Returns the disturbance for this request and decrements its count. */
function nextDisturbance(path: string): Disturbance | undefined {
  const found = disturbances.find((disturbance) => path.startsWith(disturbance.path ?? "/"));
  if (found === undefined) return undefined;
  disturbances = disturbances.flatMap((disturbance) => {
    if (disturbance !== found) return [disturbance];
    return disturbance.times > 1 ? [{ ...disturbance, times: disturbance.times - 1 }] : [];
  });
  return found;
}

function loggableBody({ headers, body }: ApiRequest): unknown {
  if (body === "") return null;
  if (!headers["content-type"]?.startsWith("application/json")) return [...new URLSearchParams(body).keys()];
  try {
    return JSON.parse(body);
  } catch {
    return "not JSON";
  }
}

function send(
  response: ServerResponse,
  { status, body }: ApiAnswer,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body === undefined ? "" : JSON.stringify(body));
}

async function answer(request: ApiRequest): Promise<{ answer: ApiAnswer; refusal: string | null }> {
  try {
    return { answer: await api.handle(request), refusal: null };
  } catch (error) {
    const refusal = error instanceof Error ? error.message : String(error);
    if (error instanceof Refusal)
      return { answer: { status: error.status, body: { message: refusal } }, refusal };
    return { answer: { status: 500, body: { message: "internal server error" } }, refusal };
  }
}

async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = await read(incoming);
  const entry = { method: request.method, path: request.path, body: loggableBody(request) };
  const at = log.push({ ...entry, status: null, refusal: null }) - 1;
  const running = log;
  const disturbance = nextDisturbance(request.path);
  if (disturbance?.answer === "hang") return;
  if (disturbance?.answer === "cut") {
    response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
    response.write("{", () => response.destroy());
    return;
  }
  const retry = disturbance?.retryAfter === undefined ? {} : { "retry-after": disturbance.retryAfter };
  const given =
    disturbance === undefined
      ? await answer(request)
      : { answer: { status: disturbance.answer, body: { message: "disturbed" } }, refusal: "disturbed" };
  running[at] = { ...entry, status: given.answer.status, refusal: given.refusal };
  console.log(entry.method, entry.path, given.answer.status, given.refusal ?? "");
  send(response, given.answer, retry);
}

async function serveAdmin(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, path, body } = await read(incoming);
  const json: unknown = body === "" ? null : JSON.parse(body);
  switch (`${method} ${path}`) {
    case "GET /requests":
      return send(response, { status: 200, body: log });
    case "DELETE /requests":
      log = [];
      return send(response, { status: 200 });
    case "POST /disturbances":
      disturbances.push(json as Disturbance);
      return send(response, { status: 200 });
    case "DELETE /disturbances":
      disturbances = [];
      return send(response, { status: 200 });
    case "PUT /settings":
      api.change(json as ApiSettings);
      return send(response, { status: 200 });
    case "POST /clock":
      ahead += (json as { seconds: number }).seconds * 1_000;
      return send(response, { status: 200 });
    default:
      return send(response, { status: 404 });
  }
}

function listen(
  port: number,
  handler: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>,
): void {
  const server = createServer((incoming, response) => {
    handler(incoming, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  // A client that sends a request just while its idle connection is closed loses the request.
  server.keepAliveTimeout = 0;
  server.listen(port);
}

listen(API_PORT, serve);
listen(ADMIN_PORT, serveAdmin);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
