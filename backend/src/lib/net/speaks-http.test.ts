import { createServer as createWeb } from "node:http";
import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { speaksHttp } from "./speaks-http.ts";

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function portOf(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("recognises a web server, also one that refuses the request", async () => {
  const port = await portOf(createWeb((_request, response) => response.writeHead(405).end()));
  expect(await speaksHttp("127.0.0.1", port, 5_000)).toBe(true);
});

test.each([
  ["greets in another protocol", "220 mail ready\r\n"],
  ["ends the connection", null],
])("a server that %s is no web server", async (_, greeting) => {
  const server = createServer((socket) => void (greeting === null ? socket.destroy() : socket.end(greeting)));
  expect(await speaksHttp("127.0.0.1", await portOf(server), 5_000)).toBe(false);
});

test("a server that says nothing is no web server, and is not waited for", async () => {
  const server = createServer((socket) => socket.on("error", () => undefined));
  expect(await speaksHttp("127.0.0.1", await portOf(server), 50)).toBe(false);
});
