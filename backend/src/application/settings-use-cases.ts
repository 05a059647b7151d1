import { AppError } from "@tailnet-share/contract/errors";
import { TAILNET_PANEL_PORT } from "@tailnet-share/contract/session";
import { shareOnPanelPort } from "../https/panel-fronts.ts";
import { changeSettings, publicSettings } from "../settings/settings.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import type { Application, ApplicationDependencies } from "./dependencies.ts";
import type { Settle } from "./settle.ts";

/** The settings, and the backup that restores them with everything else that is stored. */
export function settingsUseCases(
  { settings, shares, credentials, backups, trusted }: ApplicationDependencies,
  { settledSnapshot }: Settle,
): Pick<Application, "settings" | "patchSettings" | "backup" | "restore"> {
  return {
    settings: () => publicSettings(settings, credentials),

    async patchSettings(changes) {
      if (changes.panelOnTailnet === true) assertPanelPortFree(shares.list());
      await changeSettings(settings, credentials, changes);
      await trusted();
      return await settledSnapshot();
    },

    backup: backups.make,

    async restore(request) {
      await backups.restore(request);
      await trusted();
      return await settledSnapshot();
    },
  };
}

function assertPanelPortFree(shares: readonly StoredShare[]): void {
  const share = shareOnPanelPort(shares);
  if (share === undefined) return;
  throw new AppError(
    "NODE_PORT_TAKEN",
    `Port ${TAILNET_PANEL_PORT} on this node is used by ${share.name}.`,
    "Choose another port on the node for that share, then try again.",
  );
}
