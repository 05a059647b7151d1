import { isIPv4 } from "node:net";
import type { MachineRuntime } from "./container.ts";

/** The address at which a machine's visitors come in: tailscaled hands them on to 127.0.0.1 where it has no TUN. */
export function entranceOf(
  { addresses }: { addresses: readonly string[] },
  runtime: Pick<MachineRuntime, "tun"> | null,
): string {
  return runtime?.tun === "userspace" ? "127.0.0.1" : (addresses.find(isIPv4) ?? "");
}
