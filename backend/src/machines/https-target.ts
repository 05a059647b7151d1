import type { MachineOptions } from "@tailnet-share/contract/model";
import { proxyScheme } from "../https/fronts.ts";
import type { MachineInside } from "./seen-inside.ts";

/** Whether a container's port speaks TLS, by its answer to a ClientHello; `speaks` is null when it refused the connection. */
export interface TlsSeen {
  port: number;
  speaks: boolean | null;
}

/** Whether the next look probes for TLS: until the HTTPS target port has accepted a connection. Pure. */
export function isTlsUnknown(
  { httpsPort }: Pick<MachineOptions, "httpsPort">,
  inside: Pick<MachineInside, "tls"> | null,
): boolean {
  return httpsPort !== null && (inside?.tls?.port !== httpsPort || inside.tls.speaks === null);
}

/** The target of tailscaled's HTTPS. Pure. */
export function proxyTarget(port: number, tls: TlsSeen | null): string {
  return `${proxyScheme(port, tls?.port === port ? tls.speaks : null)}://127.0.0.1:${port}`;
}
