import { connect } from "node:tls";

/** Milliseconds. */
const HELLO_MS = 2_000;

/** Sends a TLS ClientHello to a port, then disconnects. Resolves with null when the port refused the connection. */
export async function speaksTls(host: string, port: number): Promise<boolean | null> {
  return await new Promise((resolve) => {
    let connected = false;
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: HELLO_MS });
    const end = (answer: boolean | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => {
      connected = true;
    });
    socket.once("secureConnect", () => end(true));
    // A TLS server that rejects our ClientHello answers with a TLS alert.
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
