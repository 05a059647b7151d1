import type { Backup, BackupRequest, Restore } from "@tailnet-share/contract/backup";
import { AppError } from "@tailnet-share/contract/errors";
import { homeOf } from "../control/home.ts";
import type { Clock } from "../lib/clock.ts";
import { createMutex } from "../lib/timing.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import type { ShareService } from "../shares/service.ts";
import type { SharesFile } from "../shares/stored-share.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { Daemon } from "../tailscale/daemon/daemon.ts";
import type { LocalApi } from "../tailscale/localapi/localapi.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";
import { readBackup, writeBackup } from "./document.ts";
import { Identities, type IdentityFiles } from "./identities.ts";
import { withoutDemands } from "./restored-state.ts";
import { open, seal } from "./sealed.ts";

export interface Backups {
  /** Includes identities only with a passphrase. */
  make(request: BackupRequest): Promise<Backup>;
  /**
   * Changes nothing if it is refused: `BACKUP_UNREADABLE`, `IDENTITY_IN_USE`, `NODE_OFFLINE`. Restores identities first: if a machine's
   * share came first, the machine would get a new identity and be in the tailnet twice.
   */
  restore(request: Restore): Promise<void>;
}

export interface BackupsDependencies {
  sharesStore: Pick<JsonStore<SharesFile>, "get">;
  shares: Pick<ShareService, "replaceAll">;
  settings: Pick<JsonStore<SettingsFile>, "get" | "update">;
  identities: IdentityFiles;
  node: Pick<TailnetNode, "state" | "accounts" | "details" | "logout">;
  localApi: Pick<LocalApi, "peers">;
  daemon: Pick<Daemon, "whileStopped">;
  clock: Clock;
}

export function createBackups(dependencies: BackupsDependencies): Backups {
  const { sharesStore, shares, settings, identities, node, daemon, clock } = dependencies;

  /** This node's device and tailnet; null while it is in none. */
  function thisDevice(): { deviceId: string; home: string; name: string } | null {
    const state = node.state();
    const { deviceId } = node.details();
    const home = homeOf(node, settings.get().controlUrl);
    if (home === null || deviceId === null) return null;
    return { deviceId, home, name: "name" in state ? state.name : "" };
  }

  async function restoreIdentities({ node: wanted, machines }: Identities): Promise<void> {
    const here = thisDevice();
    const identitiesToCheck =
      wanted !== null && wanted.deviceId === here?.deviceId ? machines : [wanted, ...machines];
    await assertUnused(identitiesToCheck.filter((identity) => identity !== null));
    if (wanted === null || wanted.deviceId === here?.deviceId) {
      for (const machine of machines) await identities.writeMachine(machine);
      return;
    }
    // Write to the disk first, because it may be full: after a logout, both identities would be lost.
    const next = await identities.stageNode(wanted);
    try {
      for (const machine of machines) await identities.writeMachine(machine);
      // This node's own identity was temporary: without a logout, its device would stay in the tailnet's list.
      await node.logout();
      await daemon.whileStopped(next.commit);
    } catch (error) {
      await next.discard();
      throw error;
    }
  }

  /** Two machines with one identity would take turns in the tailnet, and both would fail. */
  async function assertUnused(
    wanted: readonly Pick<Identities["machines"][number], "deviceId" | "home">[],
  ): Promise<void> {
    if (wanted.length === 0) return;
    const here = thisDevice();
    const peers = node.state().state === "connected" ? await dependencies.localApi.peers() : null;
    if (here === null || peers === null || wanted.some(({ home }) => home !== here.home)) {
      throw new AppError(
        "NODE_OFFLINE",
        "Can't check whether the backed-up device still runs, because this node isn't in its tailnet.",
        "Log in to that tailnet under any name first, then restore. This node then takes its old name.",
      );
    }
    const devices = new Map(peers.map((peer) => [peer.id, peer]));
    for (const { deviceId } of wanted) {
      const device = devices.get(deviceId);
      if (device === undefined) {
        throw new AppError(
          "IDENTITY_IN_USE",
          "Can't tell whether a backed-up device is still running.",
          "Restore without identities; the tailnet then lists new devices.",
        );
      }
      if (device.online) {
        throw new AppError(
          "IDENTITY_IN_USE",
          `${device.name} is still online: the machine that was backed up still runs.`,
          "Remove or stop the extension there, then restore again.",
        );
      }
    }
  }

  return inTurn({
    async make({ passphrase }) {
      const device = thisDevice();
      const stored = sharesStore.get();
      // Leave out machines that are about to leave the tailnet.
      const retiring = new Set(stored.retiring.map(({ key }) => key));
      const keys = new Set(
        stored.shares.flatMap(({ machine }) =>
          machine === null || retiring.has(machine.key) ? [] : machine.key,
        ),
      );
      const sealed =
        passphrase === undefined
          ? null
          : await seal(JSON.stringify(await identities.read(device, keys)), passphrase);
      return writeBackup(
        {
          device: device?.name ?? "",
          shares: stored,
          settings: settings.get(),
          identities: sealed,
        },
        new Date(clock.now()),
      );
    },

    async restore({ backup, passphrase }) {
      const content = readBackup(backup);
      if (passphrase !== undefined) {
        if (content.identities === null) {
          throw new AppError(
            "BACKUP_UNREADABLE",
            "There are no identities in this backup.",
            "Restore it without a passphrase.",
          );
        }
        const sealed = Identities.parse(JSON.parse(await open(content.identities, passphrase)));
        await restoreIdentities(withoutDemands(sealed));
      }
      // Keep the installation's ID, so that its containers on this engine still belong to it.
      await settings.update(({ installation }) => ({ ...content.settings, installation }));
      await shares.replaceAll(content.shares.shares);
    },
  });
}

/** Runs one at a time. Each passphrase takes 32 MiB and a moment of CPU, and two concurrent restores would mix. */
function inTurn({ make, restore }: Backups): Backups {
  const mutex = createMutex();
  return {
    make: async (request) => await mutex(async () => await make(request)),
    restore: async (request) => await mutex(async () => await restore(request)),
  };
}
