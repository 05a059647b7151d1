import type { MachineOptions } from "@tailnet-share/contract/machine";
import { proxyScheme } from "../../https/fronts.ts";
import { addressWithin, hostAndPort, listenerOn } from "../../ports/listener-addresses.ts";
import type { MachineInspection, TlsSeen } from "./inspection.ts";

/** Returns whether the next look probes for TLS: until the HTTPS target port has accepted a connection. Pure. */
export function isTlsUnknown(
  { httpsPort }: Pick<MachineOptions, "httpsPort">,
  inspection: Pick<MachineInspection, "tls"> | null,
): boolean {
  return httpsPort !== null && (inspection?.tls?.port !== httpsPort || inspection.tls.speaks === null);
}

/** The address within its namespace where a program listens on a TCP port; 127.0.0.1 while that is unknown. Pure. */
export function httpsAddress(
  port: number,
  { listening, ipv6 }: Pick<MachineInspection, "listening" | "ipv6">,
): string {
  const listener = listenerOn(listening ?? [], { port, protocol: "tcp" });
  return (listener && addressWithin(listener, ipv6)) ?? "127.0.0.1";
}

/** The target of tailscaled's HTTPS. Pure. */
export function proxyTarget(port: number, tls: TlsSeen | null, address: string): string {
  return `${proxyScheme(port, tls?.port === port ? tls.speaks : null)}://${hostAndPort(address, port)}`;
}
