import { lstatSync } from "node:fs";
import { createUnixHttp, type HttpAnswer, type UnixHttp } from "../lib/unix-http.ts";
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
  /** As `signOfLife`, on a kept connection for as long as the same socket lies there. */
  ask(signal: AbortSignal): Promise<SignOfLife>;
  close(): void;
}

export function createPulse(socketPath: string): Pulse {
  let kept: { http: UnixHttp; file: string } | null = null;
  return {
    async ask(signal) {
      // Another socket in its place may belong to another program.
      const { dev = 0, ino = 0, ctimeMs = 0 } = lstatSync(socketPath, { throwIfNoEntry: false }) ?? {};
      const file = `${dev} ${ino} ${ctimeMs}`;
      if (kept?.file !== file) {
        kept?.http.close();
        kept = { http: createUnixHttp(socketPath, HOST, PLAIN), file };
      }
      return lifeIn(await kept.http.send({ ...LIFE, signal }));
    },
    close() {
      kept?.http.close();
      kept = null;
    },
  };
}
