import { z } from "zod";
import { ControlUrl, Hostname } from "./log-in.ts";
import { MachineCredential, NewMachineCredential, Tag } from "./machine.ts";
import { Mode } from "./share.ts";

/** A certificate authority that is trusted in addition to the usual ones. */
export const Authority = z.object({ name: z.string(), until: z.iso.datetime({ offset: true }) });
export type Authority = z.infer<typeof Authority>;

const OneClick = z.enum(["auto", "node", "machine"]);
const MachineNames = z.enum(["service", "project-service"]);
const UpdateNotices = z.enum(["all", "security", "none"]);

/** A setting with one value. */
interface SettingField {
  /** In the settings file, which any release may have written. */
  readonly stored: z.ZodType;
  /** In answers. */
  readonly shown: z.ZodType;
  /** In requests. */
  readonly change: z.ZodType;
  /** Stored until the user chooses another value. */
  readonly initial: unknown;
  /** The version of the settings file that added the field. The newest field determines the file's version. */
  readonly since: number;
}

/**
 * Every setting with one value. To add a setting, add a row with the next `since`, a fixture of the previous version in
 * `backend/src/settings/fixtures`, and a control in the panel.
 */
export const SETTING_FIELDS = {
  /** Control server; empty for Tailscale's own. */
  controlUrl: { stored: z.string(), shown: z.string(), change: ControlUrl, initial: "", since: 1 },
  /** The device name requested at login. */
  hostname: { stored: z.string(), shown: z.string(), change: Hostname, initial: "docker", since: 1 },
  /** The mode for a single click. `auto`: `node` until a credential for machines is saved, then `machine`. */
  oneClick: { stored: OneClick, shown: OneClick, change: OneClick, initial: "auto", since: 2 },
  /**
   * Tag of the image `tailscale/tailscale` that machines run: `stable`, `latest`, `v1.102`, `v1.102.3`, `unstable`; empty for the bundled
   * version.
   */
  machineTailscale: {
    stored: z.string(),
    shown: z.string(),
    change: z
      .string()
      .regex(
        /^$|^(stable|latest|unstable|v\d+\.\d+(\.\d+)?)$/,
        "must be stable, latest, unstable or a version such as v1.102",
      ),
    initial: "",
    since: 2,
  },
  /** Default name of a new machine: `service`, or `project-service`. */
  machineNames: {
    stored: MachineNames,
    shown: MachineNames,
    change: MachineNames,
    initial: "service",
    since: 3,
  },
  /** The newer releases that the panel announces. */
  updateNotices: {
    stored: UpdateNotices,
    shown: UpdateNotices,
    change: UpdateNotices,
    initial: "all",
    since: 3,
  },
  /**
   * Trusted in addition to the usual ones, e.g. for the user's own control server. Stored and changed as PEM; a change replaces the
   * previous ones, and empty means none. Invalid text gets `BAD_REQUEST`.
   */
  authorities: {
    stored: z.string(),
    shown: z.array(Authority),
    change: z.string().max(32_768),
    initial: "",
    since: 4,
  },
  /** Devices of the tailnet may open the panel for browsers, where there is one: see `PanelOnTailnet`. */
  panelOnTailnet: { stored: z.boolean(), shown: z.boolean(), change: z.boolean(), initial: false, since: 6 },
} as const satisfies Readonly<Record<string, SettingField>>;

type Fields = typeof SETTING_FIELDS;
type Column = "stored" | "shown" | "change";

/** One column of the table, as the shape of an object's schema. */
export function settingsShape<C extends Column>(column: C): { [Name in keyof Fields]: Fields[Name][C] } {
  const entries = Object.entries(SETTING_FIELDS).map(([name, field]) => [name, field[column]]);
  return Object.fromEntries(entries) as { [Name in keyof Fields]: Fields[Name][C] };
}

/** The user's settings. Never include secrets. */
export const Settings = z.object({
  ...settingsShape("shown"),
  /** The mode that `oneClick` currently selects. */
  oneClickMode: Mode,
  machineCredential: MachineCredential,
});
export type Settings = z.infer<typeof Settings>;

/** A credential is tried before it is stored: if it does not work, it is refused with `CREDENTIAL_REFUSED`. */
export const PatchSettings = z
  .strictObject({
    ...settingsShape("change"),
    machineCredential: NewMachineCredential,
    /** New tags for the stored OAuth client, which is tried with them; refused with `BAD_REQUEST` if none is stored. */
    machineTags: z.array(Tag).min(1).max(16),
  })
  .partial();
export type PatchSettings = z.infer<typeof PatchSettings>;
