import type { LocalApi } from "../../localapi/localapi.ts";
import { isNotRunning } from "../../localapi/transport.ts";

/**
 * Returns a function that says whether a connection to a loopback port comes from the tailnet. Without a TUN, tailscaled forwards the
 * tailnet's connections to loopback ports of the same number, so they look like a program's here. It knows which ones are its own, and
 * while no tailscaled runs, there are none. Rejects as `LocalApi` does if tailscaled may run but gives no answer.
 * Source: `wgengine/netstack/netstack.go` of tailscale 1.102.3, `forwardTCP`: it forwards no byte before the connection is registered.
 */
export function createFromTailnet(
  localApi: Pick<LocalApi, "whois">,
): (addressAndPort: string) => Promise<boolean> {
  return async (addressAndPort) => {
    if (!addressAndPort.startsWith("127.")) return false;
    try {
      return (await localApi.whois(addressAndPort)) !== null;
    } catch (error) {
      if (isNotRunning(error)) return false;
      throw error;
    }
  };
}
