import { connect } from "node:net";

/*
 * The image's HEALTHCHECK: asks the backend of this container how it is. Ends with 0 when all is well, else with 1 and the hops
 * that are not, which the engine keeps with the container's state. Plain sockets, because it is started anew each time: Node's
 * HTTP client would take as long again to load.
 */
const socketPath = process.env.TAILNET_SHARE_SOCKET ?? "/run/guest-services/backend.sock";
const TIMEOUT_MS = 8_000;

let answer = "";
const socket = connect(socketPath, () => {
  // 1.0: the answer ends with the connection, and comes in one piece.
  socket.write("GET /health HTTP/1.0\r\nHost: backend\r\n\r\n");
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
    const { hops } = JSON.parse(body) as { hops: { hop: string; ok: boolean; detail: string }[] };
    return hops.flatMap(({ hop, ok, detail }) => (ok ? [] : [`${hop}: ${detail}`])).join("\n");
  } catch {
    return "The backend's answer cannot be read.";
  }
}

function end(code: number, words: string): void {
  console.log(words);
  process.exit(code);
}
