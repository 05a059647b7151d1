import { connect } from "node:net";
import { SECRET_HEADER } from "@tailnet-share/contract/access";
import { secretOfThisRun } from "../http/access/secret-file.ts";

/*
 * The image's HEALTHCHECK: asks the backend of this container for its health. Exits with 0 if all is well, else with 1 and the failed
 * hops, which the engine keeps with the container's state. Uses plain sockets, because the program starts fresh each time: loading Node's
 * HTTP client would take as long again.
 */
const socketPath = process.env.TAILNET_SHARE_SOCKET ?? "/run/guest-services/backend.sock";
const TIMEOUT_MS = 8_000;

let answer = "";
const socket = connect(socketPath, () => {
  // HTTP/1.0: the answer ends with the connection, and is not chunked.
  socket.write(`GET /health HTTP/1.0\r\nHost: backend\r\n${SECRET_HEADER}: ${secretOfThisRun()}\r\n\r\n`);
});
socket
  .setEncoding("utf8")
  .setTimeout(TIMEOUT_MS, () => end(1, "The backend does not answer."))
  .on("data", (text: string) => {
    answer += text;
  })
  .on("error", () => end(1, "The backend's socket takes no connection."))
  .on("end", () => {
    const well = /^HTTP\/1\.\d 200 /.test(answer);
    end(well ? 0 : 1, well ? "All is well." : failing(answer.slice(answer.indexOf("\r\n\r\n") + 4)));
  });

function failing(body: string): string {
  try {
    const { hops, error } = JSON.parse(body) as {
      hops: { hop: string; ok: boolean; detail: string }[];
      error?: { message: string };
    };
    // The backend couldn't start.
    if (error !== undefined) return error.message;
    return hops.flatMap(({ hop, ok, detail }) => (ok ? [] : [`${hop}: ${detail}`])).join("\n");
  } catch {
    return "The backend's answer cannot be read.";
  }
}

function end(code: number, words: string): void {
  console.log(words);
  process.exit(code);
}
