import { isIPv4 } from "node:net";
import type { MachineRuntime } from "./container.ts";

/** Where a machine's visitors arrive. Without a TUN, tailscaled forwards them to 127.0.0.1. */
export function entranceOf(
  { addresses }: { addresses: readonly string[] },
  runtime: Pick<MachineRuntime, "tun"> | null,
): string {
  return runtime?.tun === "userspace" ? "127.0.0.1" : (addresses.find(isIPv4) ?? "");
}
