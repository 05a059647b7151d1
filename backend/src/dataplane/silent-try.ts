import { connect } from "node:net";
import { type Answer, answerOf } from "../ports/answer.ts";
import { SILENT_PORTS } from "./rules/chains.ts";

/** How long an answer may take on one of the engine's own networks. Milliseconds. */
const TRY_MS = 1_500;

/**
 * Opens a TCP connection halfway, so that the application never sees it: the ruleset drops the handshake's last packet from these local
 * ports. The other side's kernel answers for a listening socket and then gets a reset.
 */
export async function trySilently(address: string, port: number): Promise<Answer> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const answer = await tryFrom(nextPort(), address, port);
    if (answer !== "busy") return answer;
  }
  return null;
}

/** Retries with other ports: an earlier probe may still hold one. */
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
      // Reset instead of closing: a half-open connection then ends at once on both sides.
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
