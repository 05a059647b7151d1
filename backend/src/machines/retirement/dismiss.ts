import type { MachineDirectories } from "../device/identity.ts";
import type { KeptDevices } from "./kept-devices.ts";

export interface DismissDependencies {
  directories: Pick<MachineDirectories, "identities" | "remove">;
  keptDevices: Pick<KeptDevices, "forget">;
  /** Forgets the machine's pending retirement. */
  retired: (key: string) => Promise<void>;
  /** The tailnet that machines join now; null while unknown. */
  home: () => string | null;
}

/**
 * Forgets a machine that can't be removed from its tailnet: its state, and the machine key that would make it the same device again. The
 * store's entry goes last, so that a crash leaves the step to be planned again; each part may already be gone then.
 */
export function createDismiss({ directories, keptDevices, retired, home }: DismissDependencies) {
  return async (key: string): Promise<void> => {
    const identities = await directories.identities();
    // A retirement keeps a machine without an identity under the present tailnet.
    const at = identities.get(key)?.home ?? home();
    if (at !== null) await keptDevices.forget(key, at);
    if (identities.has(key)) await directories.remove(key);
    await retired(key);
  };
}
