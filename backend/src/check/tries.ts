import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { type Answer, answerOf } from "../ports/answer.ts";

/** Deadline for an answer. Milliseconds. */
const CONNECT_MS = 2_000;
const DATAGRAM_MS = 1_000;

/** Opens and closes a TCP connection, as any client would. */
export async function openConnection(address: string, port: number): Promise<Answer> {
  return await new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: CONNECT_MS });
    const end = (answer: Answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end("taken"));
    socket.once("error", ({ code = "" }: NodeJS.ErrnoException) => end(answerOf(code)));
    socket.once("timeout", () => end("none"));
  });
}

/** Sends an empty datagram. Most programs ignore it; a kernel without a listener refuses it. */
export async function sendDatagram(address: string, port: number): Promise<Answer> {
  return await new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (answer: Answer) => {
      clearTimeout(late);
      socket.removeAllListeners("error").on("error", () => undefined);
      socket.close();
      resolve(answer);
    };
    const late = setTimeout(() => end("none"), DATAGRAM_MS);
    socket.once("error", ({ code = "" }: NodeJS.ErrnoException) => end(answerOf(code)));
    socket.once("message", () => end("taken"));
    socket.connect(port, address, () => socket.send(""));
  });
}
