import { createUnixHttp, type HttpAnswer } from "../../lib/net/unix-http.ts";
import { isOnTheWay } from "../localapi/status-calls.ts";
import { HOST, PLAIN } from "../localapi/transport.ts";
import { Status } from "../localapi/types.ts";
import type { SignOfLife } from "./heartbeat.ts";

/**
 * Probes the listener at the socket on a connection of its own. Rejects when the listener is not tailscaled. Has no timeout except the
 * signal.
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

/** Probes the daemon repeatedly. */
export interface Pulse {
  /** Like `signOfLife`, on a persistent connection. */
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
