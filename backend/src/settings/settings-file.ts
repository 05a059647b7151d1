import { SETTING_FIELDS, settingsShape } from "@tailnet-share/contract/settings";
import { z } from "zod";
import type { Migrations } from "../store/format.ts";

/** Fields of the file that are no settings. */
const OWN_FIELDS = {
  /** Distinguishes this installation's containers from another's on the same engine. */
  installation: { stored: z.string(), initial: "", since: 2 },
  /** ID of the account whose node was given the name in `hostname`; empty while the name is only for the next login. */
  hostnameAccount: { stored: z.string(), initial: "", since: 5 },
};
const FIELDS = Object.entries({ ...SETTING_FIELDS, ...OWN_FIELDS });

/** The version that this release writes. An older release then refuses to read the file, so it can't drop a field. */
export const SETTINGS_VERSION = Math.max(...FIELDS.map(([, { since }]) => since));

export const SettingsFile = z.object({
  version: z.literal(SETTINGS_VERSION),
  ...settingsShape("stored"),
  installation: OWN_FIELDS.installation.stored,
  hostnameAccount: OWN_FIELDS.hostnameAccount.stored,
});
export type SettingsFile = z.infer<typeof SettingsFile>;

export const INITIAL_SETTINGS: SettingsFile = SettingsFile.parse({
  version: SETTINGS_VERSION,
  ...initialValues(() => true),
});

/** A backup may come from anywhere: accepts only settings that the panel could have set. */
export const RestoredSettings = SettingsFile.extend(settingsShape("change"));

/** Each step adds the fields of the next version. A field that the file already has stays as it is. */
export const settingsMigrations: Migrations = Object.fromEntries(
  Array.from({ length: SETTINGS_VERSION - 1 }, (_, index) => index + 1).map((version) => [
    version,
    (old: unknown) => ({
      ...initialValues((since) => since === version + 1),
      ...z.looseObject({}).parse(old),
    }),
  ]),
);

function initialValues(isWanted: (since: number) => boolean): Record<string, unknown> {
  return Object.fromEntries(
    FIELDS.filter(([, { since }]) => isWanted(since)).map(([name, { initial }]) => [name, initial]),
  );
}
