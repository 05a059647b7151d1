import { connect } from "node:tls";
import type { MachineOptions } from "@tailnet-share/contract/model";
import { schemeOf } from "../shares/schemes.ts";
import type { MachineInside } from "./watch.ts";

/** Whether a container's port speaks TLS, from a hello that it was sent; `speaks` is null when it took no connection. */
export interface TlsSeen {
  port: number;
  speaks: boolean | null;
}

/** Whether it is to be found out at a look: until the port that HTTPS leads to has taken a connection. Pure. */
export function isTlsUnknown(
  { httpsPort }: Pick<MachineOptions, "httpsPort">,
  inside: Pick<MachineInside, "tls"> | null,
): boolean {
  return httpsPort !== null && (inside?.tls?.port !== httpsPort || inside.tls.speaks === null);
}

/** What tailscaled's HTTPS is to lead to. As long as the port itself has not shown it, its number says. Pure. */
export function proxyTarget(port: number, tls: TlsSeen | null): string {
  const speaks = (tls?.port === port ? tls.speaks : null) ?? schemeOf({ port, protocol: "tcp" }) === "https";
  // A certificate of its own is nobody's business: the way to it does not leave the namespace.
  return `${speaks ? "https+insecure" : "http"}://127.0.0.1:${port}`;
}

/** Milliseconds. */
const HELLO_MS = 2_000;

/** Says hello in TLS to a port of this network namespace, and goes. */
export async function speaksTls(port: number): Promise<boolean | null> {
  return await new Promise((resolve) => {
    let connected = false;
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, timeout: HELLO_MS });
    const end = (answer: boolean | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => {
      connected = true;
    });
    socket.once("secureConnect", () => end(true));
    // Whoever speaks TLS and wants no hello of ours says so in TLS.
    socket.once("error", ({ code = "" }: NodeJS.ErrnoException) =>
      end(
        code.startsWith("ERR_SSL_TLSV1") || code.startsWith("ERR_SSL_SSL/TLS")
          ? true
          : connected
            ? false
            : null,
      ),
    );
    socket.once("timeout", () => end(connected ? false : null));
  });
}
