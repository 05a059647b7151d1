import { z } from "zod";
import { ControlUrl, Hostname } from "./log-in.ts";
import { MachineCredential, NewMachineCredential, Tag } from "./machine.ts";
import { Mode } from "./share.ts";

/** A certificate authority that is trusted in addition to the usual ones. */
export const Authority = z.object({ name: z.string(), until: z.iso.datetime({ offset: true }) });
export type Authority = z.infer<typeof Authority>;

/** The user's settings. Never include secrets. */
export const Settings = z.object({
  /** Control server; empty for Tailscale's own. */
  controlUrl: z.string(),
  /** The device name requested at log-in. */
  hostname: z.string(),
  /** The mode for a single click. `auto`: `node` until a credential for machines is saved, then `machine`. */
  oneClick: z.enum(["auto", "node", "machine"]),
  /** The mode that `oneClick` currently selects. */
  oneClickMode: Mode,
  machineCredential: MachineCredential,
  /** Tag of the image `tailscale/tailscale` that machines run; empty for the bundled version. */
  machineTailscale: z.string(),
  /** Default name of a new machine: `service`, or `project-service`. */
  machineNames: z.enum(["service", "project-service"]),
  /** The newer releases that the panel announces. */
  updateNotices: z.enum(["all", "security", "none"]),
  /** Trusted in addition to the usual ones, e.g. for the user's own control server. */
  authorities: z.array(Authority),
});
export type Settings = z.infer<typeof Settings>;

/** A credential is tried before it is stored: if it does not work, it is refused with `CREDENTIAL_REFUSED`. */
export const PatchSettings = z.strictObject({
  controlUrl: ControlUrl.optional(),
  hostname: Hostname.optional(),
  oneClick: Settings.shape.oneClick.optional(),
  machineCredential: NewMachineCredential.optional(),
  /** A tag as in an image reference: `stable`, `latest`, `v1.102`, `v1.102.3`, `unstable`; empty for the bundled version. */
  machineTailscale: z
    .string()
    .regex(
      /^$|^(stable|latest|unstable|v\d+\.\d+(\.\d+)?)$/,
      "must be stable, latest, unstable or a version such as v1.102",
    )
    .optional(),
  machineNames: Settings.shape.machineNames.optional(),
  /** New tags for the stored OAuth client, which is tried with them; refused with `BAD_REQUEST` if none is stored. */
  machineTags: z.array(Tag).min(1).max(16).optional(),
  updateNotices: Settings.shape.updateNotices.optional(),
  /** Certificates of authorities as PEM, which replace the previous ones; empty for none. Invalid text gets `BAD_REQUEST`. */
  authorities: z.string().max(32_768).optional(),
});
export type PatchSettings = z.infer<typeof PatchSettings>;
