import type { NodeState } from "@tailnet-share/contract/node";
import type { Endpoint, SharedPort } from "@tailnet-share/contract/share";
import { schemeOf } from "../ports/schemes.ts";

/** What a client takes without being told. */
const USUAL_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ssh: 22 };

/** Where a share is reached, ready to be copied. `node` must be logged in. */
export function endpoints(
  ports: readonly SharedPort[],
  { dnsName, addresses }: Pick<Extract<NodeState, { state: "connected" }>, "dnsName" | "addresses">,
): Endpoint[] {
  const ip = addresses[0] ?? "";
  return ports.map((port) => {
    // The certificate is for the name: there is no HTTPS by address.
    if (port.https) {
      const address = secureAddress(dnsName, port.nodePort);
      return { ...port, address, ipAddress: address, web: true };
    }
    return {
      ...port,
      // Also where names cannot be looked up by MagicDNS: somebody may have their own way, and the panel says which one works.
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
  const place = host.includes(":") ? `[${host}]` : host;
  if (scheme === "") return `${place}:${nodePort}`;
  return `${scheme}://${place}${USUAL_PORTS[scheme] === nodePort ? "" : `:${nodePort}`}`;
}
