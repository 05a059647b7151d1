import { once } from "node:events";
import { createServer } from "node:net";

/** Returns a TCP port on the loopback address that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string")
    throw new Error("no free port on the loopback address");
  return address.port;
}
