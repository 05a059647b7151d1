import { request as plain } from "node:http";
import { request as encrypted } from "node:https";

/**
 * Resolves when whoever serves the address answers, whatever it says. Rejects with the system's error when nobody does; takes as
 * long as the signal lets it.
 */
export async function knock(address: string, signal: AbortSignal): Promise<void> {
  const url = new URL(address);
  const send = url.protocol === "https:" ? encrypted : plain;
  await new Promise<void>((resolve, reject) => {
    // Nothing is told to whoever answers, and nothing that it says is believed: a certificate would say no more.
    const outgoing = send(url, { signal, agent: false, rejectUnauthorized: false }, (answer) => {
      answer.destroy();
      resolve();
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
