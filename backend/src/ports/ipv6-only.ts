import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { ContainerPort } from "@tailnet-share/contract/port";

/** A port that nothing can listen on, so no connection opens. */
const NO_PORT = 0;
/** A loopback address that hardly any program chooses: another socket on 127.0.0.1 says nothing about the one on `::`. */
const UNUSED_ADDRESS = "127.94.83.72";

/**
 * Returns whether a socket that listens on `::` in this network namespace leaves the port free for IPv4, so takes no IPv4 itself. Binds
 * the port at an unused address for a moment, without listening or connecting. False when the bind isn't permitted.
 */
export async function isIPv6Only({ port, protocol }: ContainerPort): Promise<boolean> {
  return protocol === "tcp" ? await isTcpFree(port) : await isUdpFree(port);
}

async function isTcpFree(localPort: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: NO_PORT, localAddress: UNUSED_ADDRESS, localPort });
    // The connection is refused, but only after the bind succeeded.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
  });
}

async function isUdpFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, UNUSED_ADDRESS, () => socket.close(() => resolve(true)));
  });
}
