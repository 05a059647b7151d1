import { createSocket } from "node:dgram";

/** The local address that the kernel sends from to an IPv4 address; null without a route. Sends nothing. */
export async function sourceTowards(address: string): Promise<string | null> {
  return await new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (source: string | null) => {
      socket.removeAllListeners("error").on("error", () => undefined);
      socket.close();
      resolve(source);
    };
    socket.once("error", () => end(null));
    socket.once("connect", () => end(socket.address().address));
    // Looks up the route, and does nothing else with the port.
    socket.connect(ANY_PORT, address);
  });
}

const ANY_PORT = 9;
