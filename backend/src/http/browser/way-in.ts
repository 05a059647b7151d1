import type { Socket } from "node:net";

/**
 * Returns a listener for new connections that ends those from anywhere but the engine's host. A port that the engine publishes on the
 * host's loopback address arrives from the host's address on the backend's own network. Other containers reach the same port without being
 * published anything, from their own addresses. The session is what protects the panel; this is a second lock.
 *
 * `hostAddresses`: those of the engine's host on the backend's own network, as far as they are known.
 */
export function onlyFromHost(
  hostAddresses: () => ReadonlySet<string>,
): (socket: Pick<Socket, "remoteAddress" | "destroy">) => void {
  return (socket) => {
    if (!isFromHost(socket.remoteAddress, hostAddresses())) socket.destroy();
  };
}

/** Pure. */
export function isFromHost(address: string | undefined, hostAddresses: ReadonlySet<string>): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:/, "");
  // Programs in the backend's container, and engines whose port forwarder works inside it.
  if (plain === "::1" || plain.startsWith("127.")) return true;
  return hostAddresses.has(plain);
}
