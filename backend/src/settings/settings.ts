import type { NewMachineCredential } from "@tailnet-share/contract/machine";
import type { PatchSettings, Settings } from "@tailnet-share/contract/settings";
import { authoritiesIn, readAuthorities } from "../control/authorities.ts";
import { type MachineCredentials, tagsNeedOAuth } from "../machines/credentials/credentials.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { SettingsFile } from "./settings-file.ts";

/** The settings as they may be shown. */
export function publicSettings(
  settings: Pick<JsonStore<SettingsFile>, "get">,
  credentials: Pick<MachineCredentials, "view">,
): Settings {
  const { version: _, installation: __, hostnameAccount: ___, authorities, ...shown } = settings.get();
  const machineCredential = credentials.view();
  const automatic = machineCredential.kind === "none" ? "node" : "machine";
  return {
    ...shown,
    authorities: authoritiesIn(authorities),
    oneClickMode: shown.oneClick === "auto" ? automatic : shown.oneClick,
    machineCredential,
  };
}

/**
 * Stores the chosen settings. A host name is for the next login. Rejects as `MachineCredentials.set` does, and with
 * `AppError("BAD_REQUEST")` for tags that no credential could carry; nothing is changed then.
 */
export async function changeSettings(
  settings: Pick<JsonStore<SettingsFile>, "update">,
  credentials: Pick<MachineCredentials, "set" | "setTags">,
  { machineCredential, machineTags, ...changes }: PatchSettings,
): Promise<void> {
  const pem = changes.authorities;
  const authorities = pem === undefined ? {} : { authorities: readAuthorities(pem) };
  // Do this first, because it may be refused; then nothing has changed.
  if (machineCredential !== undefined) await credentials.set(withTags(machineCredential, machineTags));
  else if (machineTags !== undefined) await credentials.setTags(machineTags);
  await settings.update((before) => ({
    ...before,
    ...defined(changes),
    ...authorities,
    ...(changes.hostname === undefined ? {} : { hostnameAccount: "" }),
  }));
}

/** Stores the name of this account's node, which later logins request as well. The loop sets it. `account`: empty for none. */
export async function renameNode(
  settings: Pick<JsonStore<SettingsFile>, "update">,
  account: string,
  hostname: string,
): Promise<void> {
  await settings.update((before) => ({ ...before, hostname, hostnameAccount: account }));
}

/** Leaves out members that are undefined, which would replace stored values. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
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
