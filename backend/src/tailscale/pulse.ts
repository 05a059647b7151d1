import { createUnixHttp, type HttpAnswer } from "../lib/unix-http.ts";
import type { SignOfLife } from "./heartbeat.ts";
import { HOST, isOnTheWay, PLAIN } from "./localapi.ts";
import { Status } from "./types.ts";

/**
 * Asks whoever listens at the socket for a sign of life, on a connection of its own. Rejects when that is not tailscaled; takes as
 * long as the signal lets it.
 */
export async function signOfLife(socketPath: string, signal: AbortSignal): Promise<SignOfLife> {
  return lifeIn(await createUnixHttp(socketPath, HOST, PLAIN).send({ ...LIFE, fresh: true, signal }));
}

const LIFE = { method: "GET", path: "/localapi/v0/status?peers=false" } as const;

function lifeIn({ status, body }: HttpAnswer): SignOfLife {
  if (status !== 200) throw new Error(`status ${status}`);
  const { BackendState, Self } = Status.parse(JSON.parse(body));
  return { outOfSync: isOnTheWay({ BackendState }) && Self?.Online !== true };
}

/** Asks for signs of life again and again. */
export interface Pulse {
  /** As `signOfLife`, on a kept connection. */
  ask(signal: AbortSignal): Promise<SignOfLife>;
  close(): void;
}

export function createPulse(socketPath: string): Pulse {
  const http = createUnixHttp(socketPath, HOST, PLAIN);
  return {
    ask: async (signal) => lifeIn(await http.send({ ...LIFE, signal })),
    close: http.close,
  };
}
