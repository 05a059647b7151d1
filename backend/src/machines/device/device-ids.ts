import { AppError } from "@tailnet-share/contract/errors";
import type { Clock } from "../../lib/clock.ts";
import { limited } from "../../lib/timing.ts";
import type { LocalApi } from "../../tailscale/localapi/localapi.ts";
import { isNotRunning } from "../../tailscale/localapi/transport.ts";
import type { NodeDetails } from "../../tailscale/node/state/node-identity.ts";
import type { MachineDirectories } from "./identity.ts";

export interface DeviceIdsDependencies {
  directories: Pick<MachineDirectories, "identities">;
  /** The machines in the loop's last observation. */
  present: () => readonly { key: string; details: Pick<NodeDetails, "deviceId"> }[];
  localApi: (key: string) => Pick<LocalApi, "status">;
  clock: Pick<Clock, "sleep">;
}

/** Milliseconds. */
const PATIENCE_MS = 2_000;

/**
 * Returns a function that collects the control server's IDs for all machines of this installation. Notes and observations are late when a
 * machine joins, so it asks each tailscaled, too: tailscaled knows its ID before it takes any connection from the tailnet. Source:
 * `ipn/ipnlocal/local.go` of tailscale 1.102.3, `setControlClientStatusLocked`.
 *
 * Rejects with `AppError("TAILSCALED_DOWN")` while a machine may run and nothing is known of its ID, and with the system's error if the
 * machines can't be listed.
 */
export function createDeviceIds({
  directories,
  present,
  localApi,
  clock,
}: DeviceIdsDependencies): () => Promise<ReadonlySet<string>> {
  /** Returns none if the machine is in no tailnet, or doesn't run. */
  async function idNow(key: string, known: readonly string[]): Promise<string[]> {
    try {
      const { Self } = await limited(localApi(key).status, PATIENCE_MS, { clock });
      return [Self?.ID ?? ""];
    } catch (cause) {
      if (known.length > 0 || isNotRunning(cause)) return [];
      const message = "A machine's tailscaled does not answer, so it is unknown which device it is.";
      throw new AppError("TAILSCALED_DOWN", message, "Try again in a few seconds.", { cause });
    }
  }

  return async () => {
    const identities = await directories.identities();
    const observed = new Map(present().map(({ key, details }) => [key, details.deviceId]));
    const keys = [...new Set([...identities.keys(), ...observed.keys()])];
    const ids = await Promise.all(
      keys.map(async (key) => {
        const known = [identities.get(key)?.deviceId, observed.get(key)].filter((id) => id != null);
        return [...known, ...(await idNow(key, known))];
      }),
    );
    return new Set(ids.flat().filter((id) => id !== ""));
  };
}
