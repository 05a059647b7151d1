// The environment chooses what this serves. Each value is a port, or several with commas:
//   HTTP_PORT  answers `NAME says hello to ADDRESS`, writes who came to its log, and, at /headers, what it was asked with as JSON; /bytes/N sends N bytes,
//              /bytes/N/R sends R of them a second
//   TCP_PORT   line exchange (PING → +PONG, ECHO x → x); anything else is read to the end (FIN) and answered then
//   UDP_PORT   sends every datagram back
//   BIND       address to listen at; without it, all of them
import { createSocket } from "node:dgram";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { hostname } from "node:os";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

const { HTTP_PORT = "", TCP_PORT = "", UDP_PORT = "", BIND, NAME = hostname() } = process.env;
const ports = (text) => text.split(",").filter(Boolean).map(Number);

for (const port of ports(HTTP_PORT)) {
  createHttpServer((request, response) => {
    const visitor = request.socket.remoteAddress?.replace(/^::ffff:/, "");
    console.log(`visit from ${visitor}`);
    const bytes = /^\/bytes\/(\d{1,9})(?:\/(\d{1,9}))?$/.exec(request.url ?? "");
    if (bytes?.[2]) return stream(response, Number(bytes[1]), Number(bytes[2]));
    if (bytes) return response.end(Buffer.alloc(Number(bytes[1]), "x"));
    if (request.url === "/headers") {
      return response.end(
        JSON.stringify({ url: request.url, method: request.method, headers: request.headers }),
      );
    }
    response.end(`${NAME} says hello to ${visitor}\n`);
  }).listen(port, BIND);
}

/** A client's buffers take tens of megabytes however slowly it reads, so a stream that is to last is held back here. */
function stream(response, bytes, perSecond) {
  const part = Math.max(1, Math.floor(perSecond / 10));
  async function* parts() {
    for (let left = bytes; left > 0; left -= part) {
      yield Buffer.alloc(Math.min(left, part), "x");
      await delay(100);
    }
  }
  pipeline(Readable.from(parts()), response).catch(() => {});
}

for (const port of ports(TCP_PORT)) {
  createTcpServer({ allowHalfOpen: true }, (socket) => {
    let kept = "";
    socket.on("data", (chunk) => {
      kept += chunk;
      for (let end = kept.indexOf("\r\n"); end >= 0; end = kept.indexOf("\r\n")) {
        const line = kept.slice(0, end);
        kept = kept.slice(end + 2);
        if (line === "PING") socket.write("+PONG\r\n");
        else if (line.startsWith("ECHO ")) socket.write(`${line.slice(5)}\r\n`);
        else socket.write("-ERR unknown command\r\n");
      }
    });
    socket.on("end", () => socket.end(kept === "" ? "" : `${NAME} read ${kept.length} bytes: ${kept}`));
    socket.on("error", () => {});
  }).listen(port, BIND);
}

for (const port of ports(UDP_PORT)) {
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => socket.send(message, from.port, from.address));
  socket.bind(port, BIND);
}

// PID 1 gets no default signal handling: without this every `docker stop` would take ten seconds.
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
