import type { Socket } from "node:net";
import { fileAt } from "../files/file-at.ts";
import { connectPlainly } from "../files/plain-file.ts";
import { type AnswerRead, answerIn } from "./http-answer.ts";

/**
 * Sends the same GET request over a unix socket again and again, on one connection while the same socket file is at the path. Follows no
 * link to it. For short answers only: it takes a third of the processor time of node's client.
 */
export interface RepeatedGet {
  /** Rejects with the system's error, the signal's reason, or when the answer can't be read. Has no timeout except the signal. */
  ask(signal: AbortSignal): Promise<Pick<AnswerRead, "status" | "body">>;
  /** Closes the connection. A later request opens a new one. */
  close(): void;
}

const MOST_BYTES = 1024 * 1024;

export function createRepeatedGet(socketPath: string, host: string, path: string): RepeatedGet {
  const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  let idle: { socket: Socket; file: string } | null = null;

  /** Takes the idle connection, if it still leads to the file at the path. */
  function take(file: string): Socket {
    const kept = idle;
    idle = null;
    if (kept?.file === file && !kept.socket.destroyed) return kept.socket;
    kept?.socket.destroy();
    const socket = connectPlainly(socketPath);
    // Without a listener, an error of an idle connection would end the program.
    socket.on("error", () => undefined);
    return socket;
  }

  return {
    async ask(signal) {
      signal.throwIfAborted();
      const file = fileAt(socketPath);
      const socket = take(file);
      try {
        const { end, size, ...answer } = await exchange(socket, request, signal);
        if (idle === null && end === size) idle = { socket, file };
        else socket.destroy();
        return answer;
      } catch (error) {
        socket.destroy();
        throw error;
      }
    },
    close() {
      idle?.socket.destroy();
      idle = null;
    },
  };
}

/** `size`: number of bytes that have come. */
async function exchange(
  socket: Socket,
  request: string,
  signal: AbortSignal,
): Promise<AnswerRead & { size: number }> {
  let bytes: Buffer | null = null;
  let stop = (): void => undefined;
  try {
    return await new Promise((resolve, reject) => {
      const onData = (chunk: Buffer): void => {
        bytes = bytes === null ? chunk : Buffer.concat([bytes, chunk]);
        try {
          if (bytes.length > MOST_BYTES) throw new Error(`an answer of more than ${MOST_BYTES} bytes`);
          const answer = answerIn(bytes);
          if (answer !== null) resolve({ ...answer, size: bytes.length });
        } catch (error) {
          reject(error);
        }
      };
      const onClose = (): void => reject(new Error("the connection ended before the answer"));
      const onAbort = (): void => reject(signal.reason);
      stop = () => {
        socket.off("data", onData).off("error", reject).off("close", onClose);
        signal.removeEventListener("abort", onAbort);
      };
      socket.on("data", onData).on("error", reject).on("close", onClose);
      signal.addEventListener("abort", onAbort);
      socket.write(request);
    });
  } finally {
    stop();
  }
}
