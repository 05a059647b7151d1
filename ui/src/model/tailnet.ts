import type { MachineView } from "@tailnet-share/contract/machine";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Settings } from "@tailnet-share/contract/settings";
import type { Endpoint, Mode } from "@tailnet-share/contract/share";
import { portWords } from "@tailnet-share/contract/unanswered";
import type { Outage } from "./outage.ts";
import type { PortLine } from "./ports.ts";

const HTTPS_PORT = 443;

/** Context that a row needs about the tailnet and settings. */
export interface Tailnet {
  /** The mode that one click on a switch selects. */
  readonly oneClick: Mode;
  /** The suffix of every device's name, such as `tail1234.ts.net`; empty while unknown. */
  readonly domain: string;
  /** MagicDNS is on. Otherwise only addresses work. */
  readonly magicDns: boolean;
  readonly outage: Outage | null;
}

export function tailnetOf(
  node: NodeState,
  { oneClickMode }: Pick<Settings, "oneClickMode">,
  outage: Outage | null = null,
): Tailnet {
  const known = node.state === "connected" || node.state === "paused";
  return {
    oneClick: oneClickMode,
    domain: known ? domainOf(node.dnsName) : "",
    magicDns: known ? node.magicDns : true,
    outage,
  };
}

export function domainOf(dnsName: string): string {
  const dot = dnsName.indexOf(".");
  return dot < 0 ? "" : dnsName.slice(dot + 1);
}

/** Returns the full name of a device called `name`; the bare name while the domain is unknown. */
export function dnsNameOf(name: string, domain: string): string {
  return domain === "" ? name : `${name}.${domain}`;
}

/** Hosts at which a machine answers, the best first; empty until it has been on the tailnet once. */
export function hostsOf({ dnsName, addresses }: MachineView, magicDns: boolean): string[] {
  const name = dnsName === "" ? [] : [dnsName];
  return magicDns && name.length > 0 ? name : [...name, ...addresses.slice(0, 1)];
}

/** The machine's HTTPS endpoint; null while it has none. The certificate covers the name only. */
export function httpsEndpoint({ httpsPort, dnsName, web }: MachineView): Endpoint | null {
  if (httpsPort === null || dnsName === "" || web !== null) return null;
  const address = `https://${dnsName}`;
  return { port: httpsPort, protocol: "tcp", nodePort: HTTPS_PORT, address, ipAddress: address, web: true };
}

/** The machine's endpoint for a port whose scheme the backend does not know; null before it has an address. */
export function plainEndpoint(machine: MachineView, { port, protocol }: PortLine): Endpoint | null {
  const [host, ip = host] = [...hostsOf(machine, true), ...machine.addresses];
  if (host === undefined || ip === undefined) return null;
  const at = (name: string) => `${name.includes(":") ? `[${name}]` : name}:${port}`;
  return {
    port,
    protocol,
    nodePort: port,
    address: at(host),
    ipAddress: at(machine.addresses[0] ?? ip),
    web: false,
  };
}

/** Explains the limits of a port that tailscaled forwards. */
export function forwardedWords({ forwarded }: Pick<MachineView, "forwarded">): string {
  const ports = portWords(forwarded.map((port) => ({ port, protocol: "tcp" })));
  return `The program on ${ports} listens on another address, so tailscaled forwards connections: TCP only, and the program sees 127.0.0.1 as the client.`;
}
