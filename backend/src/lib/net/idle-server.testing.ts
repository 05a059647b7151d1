import { createServer, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";

export interface IdleServer {
  readonly server: Server;
  /** The connections that are open now. */
  readonly connections: ReadonlySet<Socket>;
  /** Closes the server and its connections. */
  close(): Promise<void>;
}

/** Listens at a unix socket. Like tailscaled, the server never closes an idle connection. */
export async function listenIdle(socketPath: string, answer: RequestListener): Promise<IdleServer> {
  const connections = new Set<Socket>();
  const server = createServer(answer);
  server.keepAliveTimeout = 0;
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    server,
    connections,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
