import { changeSettings, publicSettings } from "../settings/settings.ts";
import type { Application, ApplicationDependencies } from "./dependencies.ts";
import type { Settle } from "./settle.ts";

/** The settings, and the backup that restores them with everything else that is stored. */
export function settingsUseCases(
  { settings, credentials, backups, trusted }: ApplicationDependencies,
  { settledSnapshot }: Settle,
): Pick<Application, "settings" | "patchSettings" | "backup" | "restore"> {
  return {
    settings: () => publicSettings(settings, credentials),

    async patchSettings(changes) {
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
