// The dashboard tab's web server, in its own container beside the backend. Serves the panel's files with `window.ddClient`
// injected first, and relays its calls to the backend's socket. Plain Node, because it runs in the node image.
//   /panel      the panel's files             SOCKET          the backend's socket, if the host reaches it directly
//   /run/engine the folder of the engine's    PUBLISHED_PORT  the port of 127.0.0.1 on which the host publishes it, otherwise
//               socket                        PUBLISHED_AT    and where that port leads to
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import { extname, join, normalize } from "node:path";
import { runDocker, runInBackend } from "./engine.mjs";

const { SOCKET, PUBLISHED_PORT, PUBLISHED_AT, INDEX = "index.html" } = process.env;
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

const BACKEND = SOCKET
  ? { at: { socketPath: SOCKET }, host: "backend" }
  : { at: { host: PUBLISHED_AT, port: 80 }, host: `127.0.0.1:${PUBLISHED_PORT}` };

/** Calls the backend; resolves with {status, body}. Bodies are texts. Times out, as the platform's bridge does. */
function askBackend({ method, url, body, headers = {} }, signal) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const outgoing = httpRequest(
      { ...BACKEND.at, method, path: url, headers: { host: BACKEND.host, ...headers, ...length }, signal },
      (incoming) => {
        const chunks = [];
        incoming.on("data", (chunk) => chunks.push(chunk));
        incoming.on("end", () =>
          resolve({ status: incoming.statusCode, body: Buffer.concat(chunks).toString() }),
        );
        incoming.on("error", reject);
      },
    );
    outgoing.setTimeout(30_000, () => outgoing.destroy(new Error("the backend did not answer within 30 s")));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function bridge(request, response) {
  const gone = new AbortController();
  // A closed panel must not leave its long poll open in the backend.
  response.on("close", () => gone.abort());
  try {
    const answer = await askBackend(await readBody(request), gone.signal);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  } catch (error) {
    // Like the platform, answers for an unreachable backend, with the socket's error as the message.
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ status: 502, body: error.message }));
  }
}

/** Answers with {code, stdout, stderr}, or with {error} when nothing could be run. */
async function run(request, response) {
  const { scope, argv } = await readBody(request);
  const answer = await (scope === "docker" ? runDocker(argv) : runInBackend(argv)).catch(({ message }) => ({
    error: message,
  }));
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

async function serveFile(path, response) {
  const file = join("/panel", normalize(path === "/" ? `/${INDEX}` : path));
  if (!(await stat(file)).isFile()) throw new Error("not a file");
  response.writeHead(200, {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "cache-control": "no-store",
  });
  if (path !== "/" && path !== `/${INDEX}`) return createReadStream(file).pipe(response);
  const html = await readFile(file, "utf8");
  const names = ["scheme.js", "theme.js", "client.js"];
  const injected = names.map((name) => `<script src="/__dd/${name}"></script>`).join("");
  response.end(html.includes("<head>") ? html.replace("<head>", `<head>${injected}`) : injected + html);
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://page");
  try {
    if (pathname === "/__dd/request" && request.method === "POST") return await bridge(request, response);
    if (pathname === "/__dd/exec" && request.method === "POST") return await run(request, response);
    if (pathname.startsWith("/__dd/")) {
      const script = await readFile(join("/page", pathname.slice("/__dd/".length)), "utf8");
      return response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    }
    await serveFile(decodeURIComponent(pathname), response);
  } catch {
    if (!response.headersSent) response.writeHead(404);
    response.end("not found\n");
  }
});
// A browser that sends a request just while its idle connection is closed loses the request.
server.keepAliveTimeout = 0;
server.listen(8080);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
