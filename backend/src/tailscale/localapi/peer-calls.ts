import type { LocalApiTransport } from "./transport.ts";
import { PingResult } from "./types.ts";

/** A first ping may hang when its packet is lost; callers that need an answer retry. Milliseconds. */
export const PING_TIMEOUT_MS = 400;
/** Packets to other devices of the tailnet. */
export interface PeerCalls {
  /**
   * Returns the round-trip time in milliseconds, or null when the peer doesn't answer within `timeoutMs`. `disco` finds the path to it.
   * `TSMP` goes through WireGuard whatever the tailnet's access controls say, so it makes the handshake that the first visit would
   * otherwise wait for.
   */
  ping(address: string, type: "disco" | "TSMP", timeoutMs?: number): Promise<number | null>;
  /**
   * Opens a TCP connection to another device and closes it. Returns `none` when nothing answers within `timeoutMs`, and null when the
   * result is unknown. Works only without a TUN: with one, tailscaled connects like any program in its namespace.
   * Source: `ipn/localapi/localapi.go`, `serveDial`.
   */
  dial(address: string, port: number, timeoutMs: number): Promise<"taken" | "refused" | "none" | null>;
}

export function peerCalls({ http }: LocalApiTransport): PeerCalls {
  return {
    async ping(address, type, timeoutMs = PING_TIMEOUT_MS) {
      const path = `/localapi/v0/ping?ip=${encodeURIComponent(address)}&type=${type}`;
      const answer = await http.send({ method: "POST", path, timeoutMs }).catch(() => null);
      if (answer?.status !== 200) return null;
      // A ping that can't be sent returns 200 with a reason.
      const { Err, LatencySeconds } = PingResult.parse(JSON.parse(answer.body));
      return Err === "" ? LatencySeconds * 1_000 : null;
    },
    async dial(address, port, timeoutMs) {
      const headers = { "dial-host": address, "dial-port": String(port) };
      try {
        const answer = await http.switches("ts-dial", {
          ...{ method: "POST", path: "/localapi/v0/dial", headers, timeoutMs },
        });
        if (answer === null) return "taken";
        return answer.status === 502 && /refused/i.test(answer.body) ? "refused" : null;
      } catch (error) {
        return isTimeout(error) ? "none" : null;
      }
    },
  };
}

function isTimeout(error: unknown): boolean {
  const causes = [error, error instanceof Error ? error.cause : null];
  return causes.some((cause) => cause instanceof Error && cause.name === "TimeoutError");
}
