import type { NodeState } from "@tailnet-share/contract/node";
import type { Endpoint, SharedPort } from "@tailnet-share/contract/share";
import { schemeOf } from "../ports/schemes.ts";

/** Default ports, which a URL can omit. */
const USUAL_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ssh: 22 };

/** A share's endpoints, ready to be copied. `node` must be logged in. */
export function endpoints(
  ports: readonly SharedPort[],
  { dnsName, addresses }: Pick<Extract<NodeState, { state: "connected" }>, "dnsName" | "addresses">,
): Endpoint[] {
  const ip = addresses[0] ?? "";
  return ports.map((port) => {
    // The certificate is for the name: HTTPS by address does not work.
    if (port.https) {
      const address = secureAddress(dnsName, port.nodePort);
      return { ...port, address, ipAddress: address, web: true };
    }
    return {
      ...port,
      // Show the name even if MagicDNS can't resolve names: users may have another way, and the panel says which one works.
      address: addressOf(port, dnsName || ip),
      ipAddress: addressOf(port, ip),
      web: ["http", "https"].includes(schemeOf(port)),
    };
  });
}

function secureAddress(dnsName: string, nodePort: number): string {
  return `https://${dnsName}${USUAL_PORTS.https === nodePort ? "" : `:${nodePort}`}`;
}

function addressOf(port: SharedPort, host: string): string {
  const { nodePort } = port;
  const scheme = schemeOf(port);
  const hostInUrl = host.includes(":") ? `[${host}]` : host;
  if (scheme === "") return `${hostInUrl}:${nodePort}`;
  return `${scheme}://${hostInUrl}${USUAL_PORTS[scheme] === nodePort ? "" : `:${nodePort}`}`;
}
