import { isIPv4 } from "node:net";
import type { MachineRuntime } from "./container.ts";

/**
 * Where a machine's visitors arrive: over IPv6 only where its tailnet has no IPv4. Without a TUN, tailscaled forwards them to
 * 127.0.0.1. Empty while it has no address.
 */
export function entranceOf(
  { addresses }: { addresses: readonly string[] },
  runtime: Pick<MachineRuntime, "tun"> | null,
): string {
  return runtime?.tun === "userspace" ? "127.0.0.1" : (addresses.find(isIPv4) ?? addresses[0] ?? "");
}
