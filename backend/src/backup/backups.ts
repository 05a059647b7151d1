import type { Backup, BackupRequest, Restore } from "@tailnet-share/contract/backup";
import { AppError } from "@tailnet-share/contract/errors";
import type { Clock } from "../lib/clock.ts";
import { createMutex } from "../lib/timing.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import type { ShareService } from "../shares/service.ts";
import type { SharesFile } from "../shares/stored-share.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";
import { readBackup, writeBackup } from "./document.ts";
import { Identities } from "./identities.ts";
import { type RestoreIdentitiesDependencies, restoreIdentities } from "./restore-identities.ts";
import { withoutDemands } from "./restored-state.ts";
import { open, type Sealed, seal } from "./sealed.ts";
import { thisDevice } from "./this-device.ts";

export interface Backups {
  /** Includes identities only with a passphrase. */
  make(request: BackupRequest): Promise<Backup>;
  /**
   * Changes nothing if it is refused: `BACKUP_UNREADABLE`, `IDENTITY_IN_USE`, `NODE_OFFLINE`. Restores identities first: if a machine's
   * share came first, the machine would get a new identity and be in the tailnet twice.
   */
  restore(request: Restore): Promise<void>;
}

export interface BackupsDependencies extends RestoreIdentitiesDependencies {
  sharesStore: Pick<JsonStore<SharesFile>, "get">;
  shares: Pick<ShareService, "replaceAll">;
  settings: Pick<JsonStore<SettingsFile>, "get" | "update">;
  node: Pick<TailnetNode, "state" | "accounts" | "details" | "logout">;
  clock: Clock;
}

export function createBackups(dependencies: BackupsDependencies): Backups {
  return inTurn({
    make: async (request) => await makeBackup(request, dependencies),
    restore: async (request) => await restoreBackup(request, dependencies),
  });
}

async function makeBackup(
  { passphrase }: BackupRequest,
  { sharesStore, settings, identities, node, clock }: BackupsDependencies,
): Promise<Backup> {
  const device = thisDevice(node, settings.get().controlUrl);
  const shares = sharesStore.get();
  const sealed =
    passphrase === undefined
      ? null
      : await seal(JSON.stringify(await identities.read(device, wantedMachines(shares))), passphrase);
  return writeBackup(
    { device: device?.name ?? "", shares, settings: settings.get(), identities: sealed },
    new Date(clock.now()),
  );
}

/** The keys of all machines, without those that are about to leave the tailnet. */
function wantedMachines({ shares, retiring }: SharesFile): ReadonlySet<string> {
  const leaving = new Set(retiring.map(({ key }) => key));
  const keys = shares.flatMap(({ machine }) => machine?.key ?? []);
  return new Set(keys.filter((key) => !leaving.has(key)));
}

async function restoreBackup(
  { backup, passphrase }: Restore,
  dependencies: BackupsDependencies,
): Promise<void> {
  const { shares, settings, node } = dependencies;
  const content = readBackup(backup);
  if (passphrase !== undefined) {
    const wanted = await openIdentities(content.identities, passphrase);
    const here = thisDevice(node, settings.get().controlUrl);
    // The restored node may belong to somebody else, and the node's owner may do everything in the panel.
    const beforeHandover = async () => await closeToTailnet(settings);
    await restoreIdentities(withoutDemands(wanted), here, { ...dependencies, beforeHandover });
  }
  // Keep the installation's ID, so that its containers on this engine still belong to it. Never open the panel to a tailnet.
  await settings.update(({ installation, panelOnTailnet }) => ({
    ...content.settings,
    installation,
    panelOnTailnet: passphrase === undefined && panelOnTailnet,
  }));
  await shares.replaceAll(content.shares.shares);
}

async function closeToTailnet(settings: BackupsDependencies["settings"]): Promise<void> {
  if (!settings.get().panelOnTailnet) return;
  await settings.update((before) => ({ ...before, panelOnTailnet: false }));
}

async function openIdentities(sealed: Sealed | null, passphrase: string): Promise<Identities> {
  if (sealed === null) {
    throw new AppError(
      "BACKUP_UNREADABLE",
      "There are no identities in this backup.",
      "Restore it without a passphrase.",
    );
  }
  return Identities.parse(JSON.parse(await open(sealed, passphrase)));
}

/** Runs one at a time. Each passphrase takes 32 MiB and a moment of CPU, and two concurrent restores would mix. */
function inTurn({ make, restore }: Backups): Backups {
  const mutex = createMutex();
  return {
    make: async (request) => await mutex(async () => await make(request)),
    restore: async (request) => await mutex(async () => await restore(request)),
  };
}
