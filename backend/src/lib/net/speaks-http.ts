import { connect } from "node:net";

/**
 * Returns whether a server answers a `HEAD /` request with HTTP. Servers of other protocols answer differently, stay silent or disconnect.
 * Resolves within `ms` milliseconds and never rejects.
 */
export async function speaksHttp(address: string, port: number, ms: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let heard = "";
    const end = (answer: boolean) => {
      clearTimeout(late);
      socket.destroy();
      resolve(answer);
    };
    const late = setTimeout(() => end(false), ms);
    socket.once("connect", () => {
      socket.write(
        `HEAD / HTTP/1.1\r\nHost: ${address}:${port}\r\nUser-Agent: tailnet-share\r\nConnection: close\r\n\r\n`,
      );
    });
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      if (heard.length >= START.length || !START.startsWith(heard)) end(heard.startsWith(START));
    });
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}

const START = "HTTP/";
