import { createRepeatedGet } from "../../lib/net/repeated-get.ts";
import { createUnixHttp } from "../../lib/net/unix-http.ts";
import { isOnTheWay } from "../localapi/status-calls.ts";
import { HOST, PLAIN } from "../localapi/transport.ts";
import { Status } from "../localapi/types.ts";
import type { SignOfLife } from "./heartbeat.ts";

/**
 * Probes the listener at the socket on a connection of its own. Rejects when the listener is not tailscaled. Has no timeout except the
 * signal.
 */
export async function signOfLife(socketPath: string, signal: AbortSignal): Promise<SignOfLife> {
  const http = createUnixHttp(socketPath, HOST, PLAIN);
  const { status, body } = await http.send({ method: "GET", path: STATUS, fresh: true, signal });
  return lifeIn(status, body);
}

const STATUS = "/localapi/v0/status?peers=false";

function lifeIn(status: number, body: string): SignOfLife {
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
  const get = createRepeatedGet(socketPath, HOST, STATUS);
  let last: { body: Buffer; sign: SignOfLife } | null = null;
  return {
    async ask(signal) {
      const { status, body } = await get.ask(signal);
      // Most answers are the same as the one before.
      if (status === 200 && last?.body.equals(body)) return last.sign;
      const sign = lifeIn(status, body.toString("utf8"));
      last = { body: Buffer.from(body), sign };
      return sign;
    },
    close: get.close,
  };
}
