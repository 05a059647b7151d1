import { createSocket } from "node:dgram";

/** Returns the local address that the kernel uses to reach an IPv4 address; null without a route. Sends nothing. */
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
    // Looks up the route only; the port doesn't matter.
    socket.connect(ANY_PORT, address);
  });
}

const ANY_PORT = 9;
