import type { Clock } from "../lib/clock.ts";
import { within } from "../lib/timing.ts";
import type { MachineCredentials } from "../machines/credentials/credentials.ts";
import type { TailnetNames } from "../shares/machine-share.ts";
import type { TailnetDevice } from "../tailscale/localapi/tailnet-devices.ts";

export interface TailnetNamesDependencies {
  /** Devices that the node knows of. */
  devices: () => Promise<TailnetDevice[]>;
  /** Logged-out machines that the control server still knows. */
  keptDevices: () => Promise<readonly { key: string; workload: string | null; deviceId: string }[]>;
  credentials: Pick<MachineCredentials, "deviceNames">;
  clock: Clock;
}

/** How long a click waits for the names in use. Milliseconds. */
const NAMES_MS = 1_500;

/**
 * The tailnet's names, as far as they can be learned while a click waits. The control server refuses or numbers a name that is
 * missed here. The returned function never rejects because of a slow source.
 */
export function createTailnetNames(dependencies: TailnetNamesDependencies): () => Promise<TailnetNames> {
  const { devices, keptDevices, credentials, clock } = dependencies;
  const inTime = async <T>(names: Promise<T>): Promise<T | null> =>
    await within(
      names.catch(() => null),
      NAMES_MS,
      { clock, otherwise: null },
    );
  return async () => {
    const [listed, all] = await Promise.all([inTime(devices()), inTime(credentials.deviceNames())]);
    // Ask for these last: a machine that is logged out in the meantime is then either here or still retiring.
    const kept = await keptDevices();
    const names = new Map((listed ?? []).flatMap(({ id, name, foreign }) => (foreign ? [] : [[id, name]])));
    return {
      // The node knows only devices that it may talk to, and a removed device for a moment longer.
      taken: new Set(all ?? names.values()),
      kept: kept.map(({ key, workload, deviceId }) => ({ key, workload, name: names.get(deviceId) ?? null })),
    };
  };
}
