import { isIPv4 } from "node:net";
import type { MachineRuntime } from "../container/container.ts";

/**
 * The address where a machine's clients arrive: IPv6 only if its tailnet has no IPv4. Without a TUN, tailscaled forwards them to
 * 127.0.0.1. Empty while the machine has no address.
 */
export function entranceOf(
  { addresses }: { addresses: readonly string[] },
  runtime: Pick<MachineRuntime, "tun"> | null,
): string {
  return runtime?.tun === "userspace" ? "127.0.0.1" : (addresses.find(isIPv4) ?? addresses[0] ?? "");
}
