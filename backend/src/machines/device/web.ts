import type { Fault } from "@tailnet-share/contract/errors";
import type { MachineOptions } from "@tailnet-share/contract/machine";
import { NO_CERTIFICATES } from "../../https/certificate-faults.ts";
import type { ServeConfig } from "../../tailscale/localapi/types.ts";
import type { NodeDetails } from "../../tailscale/node/state/node-identity.ts";
import type { LocalForward } from "../namespace/forwards.ts";
import { proxyTarget } from "../namespace/https-target.ts";
import type { TlsSeen } from "../namespace/inspection.ts";

/** tailscaled's HTTPS port; Funnel allows it in every tailnet that has Funnel. */
export const HTTPS_PORT = 443;

/** Node attributes that the control server gives. Source: `tailcfg.CapabilityHTTPS`, `tailcfg.NodeAttrFunnel`. */
const FUNNEL_CAPABILITIES = ["https", "funnel"];

/** Returns what a machine lacks for HTTPS or Funnel on its own name; `feature` is the feature to turn on. Pure. */
export function lackingFeature(
  { httpsPort, funnel }: Pick<MachineOptions, "httpsPort" | "funnel">,
  dnsName: string,
  { certDomains, capabilities }: Pick<NodeDetails, "certDomains" | "capabilities">,
): { feature: "serve" | "funnel"; fault: Fault } | null {
  if (httpsPort === null) return null;
  if (!certDomains.includes(dnsName)) {
    return {
      feature: "serve",
      fault: NO_CERTIFICATES,
    };
  }
  if (funnel && !FUNNEL_CAPABILITIES.every((capability) => capabilities.has(capability))) {
    return {
      feature: "funnel",
      fault: {
        code: "FUNNEL_NOT_READY",
        message: "Your tailnet does not allow Funnel for this machine. It stays private until then.",
        hint: "Allow Funnel in the tailnet's policy; it is then turned on automatically.",
      },
    };
  }
  return null;
}

/** tailscaled's serve config for a machine: HTTPS to a port in its container, and the forwarded TCP ports. Pure. */
export function wantedServe(
  options: Pick<MachineOptions, "httpsPort" | "funnel">,
  dnsName: string,
  details: Pick<NodeDetails, "certDomains" | "capabilities">,
  { forwards, tls, certificate, address }: MachineSeen = {
    ...{ forwards: [], tls: null, certificate: dnsName, address: "127.0.0.1" },
  },
): ServeConfig {
  const lacking = lackingFeature(options, dnsName, details);
  const taken = Object.fromEntries(forwards.map(({ via, to }) => [String(via), { TCPForward: to }]));
  // Wait for the certificate: otherwise tailscaled would fetch one as well and keep clients waiting.
  if (options.httpsPort === null || lacking?.feature === "serve" || certificate !== dnsName)
    return forwards.length === 0 ? {} : { TCP: taken };
  const host = `${dnsName}:${HTTPS_PORT}`;
  return {
    TCP: { ...taken, [HTTPS_PORT]: { HTTPS: true } },
    Web: { [host]: { Handlers: { "/": { Proxy: proxyTarget(options.httpsPort, tls, address) } } } },
    ...(options.funnel && lacking === null ? { AllowFunnel: { [host]: true } } : {}),
  };
}

interface MachineSeen {
  readonly forwards: readonly LocalForward[];
  readonly tls: TlsSeen | null;
  /** The name that has a certificate. */
  readonly certificate: string | null;
  /** The address where the program behind HTTPS listens. */
  readonly address: string;
}

/** Whether two configs are equal, however they represent absent values. Pure. */
export function sameServe(a: ServeConfig, b: ServeConfig): boolean {
  const ports = ({ TCP }: ServeConfig) =>
    Object.entries(TCP ?? {}).map(([number, { TCPForward }]) => [number, TCPForward ?? ""]);
  const port = ({ Web }: ServeConfig) =>
    Object.entries(Web ?? {}).map(([host, { Handlers }]) => [host, Handlers?.["/"]?.Proxy ?? ""]);
  const funnel = ({ AllowFunnel }: ServeConfig) =>
    Object.entries(AllowFunnel ?? {}).flatMap(([host, allowed]) => (allowed ? [host] : []));
  const shape = (config: ServeConfig) => JSON.stringify([ports(config), port(config), funnel(config)]);
  return shape(a) === shape(b);
}
