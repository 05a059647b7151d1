import type { NewMachineCredential } from "@tailnet-share/contract/machine";
import type { PatchSettings, Settings } from "@tailnet-share/contract/settings";
import { authoritiesIn, readAuthorities } from "../control/authorities.ts";
import { type MachineCredentials, tagsNeedOAuth } from "../machines/device/credentials.ts";
import type { SettingsFile } from "../shares/stored-share.ts";
import type { JsonStore } from "../store/json-store.ts";

/** The settings as they may be shown. */
export function publicSettings(
  settings: Pick<JsonStore<SettingsFile>, "get">,
  credentials: Pick<MachineCredentials, "view">,
): Settings {
  const { controlUrl, hostname, oneClick, machineTailscale, machineNames, updateNotices, authorities } =
    settings.get();
  const machineCredential = credentials.view();
  const automatic = machineCredential.kind === "none" ? "node" : "machine";
  return {
    controlUrl,
    hostname,
    oneClick,
    oneClickMode: oneClick === "auto" ? automatic : oneClick,
    machineCredential,
    machineTailscale,
    machineNames,
    updateNotices,
    authorities: authoritiesIn(authorities),
  };
}

/**
 * Stores the chosen settings. Rejects as `MachineCredentials.set` does, and with `AppError("BAD_REQUEST")` for tags that no credential
 * could carry; nothing is changed then.
 */
export async function changeSettings(
  settings: Pick<JsonStore<SettingsFile>, "update">,
  credentials: Pick<MachineCredentials, "set" | "setTags">,
  { machineCredential, machineTags, ...changes }: PatchSettings,
): Promise<void> {
  const authorities = changes.authorities === undefined ? undefined : readAuthorities(changes.authorities);
  // Do this first, because it may be refused; then nothing has changed.
  if (machineCredential !== undefined) await credentials.set(withTags(machineCredential, machineTags));
  else if (machineTags !== undefined) await credentials.setTags(machineTags);
  await settings.update((before) => ({
    ...before,
    controlUrl: changes.controlUrl ?? before.controlUrl,
    hostname: changes.hostname ?? before.hostname,
    oneClick: changes.oneClick ?? before.oneClick,
    machineTailscale: changes.machineTailscale ?? before.machineTailscale,
    machineNames: changes.machineNames ?? before.machineNames,
    updateNotices: changes.updateNotices ?? before.updateNotices,
    authorities: authorities ?? before.authorities,
  }));
}

/**
 * Renames the node, in the settings and in the tailnet. Rejects as `setHostname` does and then restores the previous name in the settings,
 * because nothing would retry the rename.
 */
export async function renameNode(
  settings: Pick<JsonStore<SettingsFile>, "get" | "update">,
  node: { setHostname(hostname: string): Promise<void> },
  hostname: string,
): Promise<void> {
  const previous = settings.get().hostname;
  await settings.update((before) => ({ ...before, hostname }));
  try {
    await node.setHostname(hostname);
  } catch (error) {
    await settings
      .update((before) => (before.hostname === hostname ? { ...before, hostname: previous } : before))
      .catch(() => undefined);
    throw error;
  }
}

/** Merges both into one change with one try-out, so that either both are stored or neither. */
function withTags(
  credential: NewMachineCredential,
  tags: PatchSettings["machineTags"],
): NewMachineCredential {
  if (tags === undefined) return credential;
  if (credential.kind === "oauth") return { ...credential, tags };
  throw tagsNeedOAuth();
}
