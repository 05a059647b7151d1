import { type AccountCalls, accountCalls } from "./account-calls.ts";
import { type PeerCalls, peerCalls } from "./peer-calls.ts";
import { type ServeCalls, serveCalls } from "./serve-calls.ts";
import { type StatusCalls, statusCalls } from "./status-calls.ts";
import { createLocalApiTransport } from "./transport.ts";

/**
 * tailscaled's LocalAPI, as far as this product uses it. Every method rejects with `AppError("TAILSCALED_DOWN")` when the
 * daemon doesn't answer and `AppError("TAILSCALED_REFUSED")` when it refuses.
 * Source: `ipn/localapi/localapi.go` of tailscale 1.102.3. The interface is not stable, so the image pins the version.
 */
export interface LocalApi extends StatusCalls, AccountCalls, ServeCalls, PeerCalls {
  /** Closes its connections. tailscaled never does, so close each client together with its tailscaled. */
  close(): void;
}

export function createLocalApi(socketPath: string): LocalApi {
  const transport = createLocalApiTransport(socketPath);
  return {
    ...statusCalls(transport),
    ...accountCalls(transport),
    ...serveCalls(transport),
    ...peerCalls(transport),
    close: transport.http.close,
  };
}
