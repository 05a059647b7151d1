import { connect } from "node:net";
import { type Answer, answerOf } from "../ports/answer.ts";
import { SILENT_PORTS } from "./ruleset.ts";

/** How long an answer may take on a network of the engine's own. Milliseconds. */
const TRY_MS = 1_500;

/**
 * Opens a TCP connection by half, so that the application never hears of it: from one of the ports whose last packet of the handshake
 * the ruleset keeps back. The other side's kernel answers for a socket that listens, and then is told that it is over.
 */
export async function trySilently(address: string, port: number): Promise<Answer> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const answer = await tryFrom(nextPort(), address, port);
    if (answer !== "busy") return answer;
  }
  return null;
}

/** A port may still be in use by a try before. */
const ATTEMPTS = 4;

let last = 0;
function nextPort(): number {
  last = (last + 1) % (SILENT_PORTS.last - SILENT_PORTS.first + 1);
  return SILENT_PORTS.first + last;
}

async function tryFrom(localPort: number, host: string, port: number): Promise<Answer | "busy"> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, localPort, timeout: TRY_MS });
    socket.once("connect", () => {
      // Not a farewell but a reset: what is half open ends at once, here and there.
      socket.resetAndDestroy();
      resolve("taken");
    });
    socket.once("timeout", () => {
      socket.destroy();
      resolve("none");
    });
    socket.once("error", ({ code = "" }: NodeJS.ErrnoException) => {
      resolve(code === "EADDRINUSE" || code === "EADDRNOTAVAIL" ? "busy" : answerOf(code));
    });
  });
}
