// Publishes the backend's socket on a TCP port, as Rancher Desktop and Podman Desktop do with a container beside the backend.
import { connect, createServer } from "node:net";

const { SOCKET = "/run/guest-services/backend.sock" } = process.env;

createServer({ allowHalfOpen: true }, (outer) => {
  const inner = connect({ path: SOCKET, allowHalfOpen: true });
  outer.on("error", () => inner.destroy()).pipe(inner);
  inner.on("error", () => outer.destroy()).pipe(outer);
}).listen(80);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
