import { z } from "zod";
import { ControlUrl, Hostname } from "./log-in.ts";
import { MachineCredential, NewMachineCredential, Tag } from "./machine.ts";
import { Mode } from "./share.ts";

/** A certificate authority that is trusted beside the usual ones. */
export const Authority = z.object({ name: z.string(), until: z.iso.datetime({ offset: true }) });
export type Authority = z.infer<typeof Authority>;

/** What the user may set. Secrets are never part of it. */
export const Settings = z.object({
  /** Control server; empty for Tailscale's own. */
  controlUrl: z.string(),
  /** The device name asked for at log-in. */
  hostname: z.string(),
  /** What one click means. `auto`: `node` until a credential for machines is saved, then `machine`. */
  oneClick: z.enum(["auto", "node", "machine"]),
  /** What `oneClick` comes to right now. */
  oneClickMode: Mode,
  machineCredential: MachineCredential,
  /** Tag of the image `tailscale/tailscale` that machines run; empty for the bundled version. */
  machineTailscale: z.string(),
  /** What a new machine is called by itself: `service`, or `project-service`. */
  machineNames: z.enum(["service", "project-service"]),
  /** Which newer releases the panel tells of. */
  updateNotices: z.enum(["all", "security", "none"]),
  /** Trusted beside the usual ones, e.g. for a control server of one's own. */
  authorities: z.array(Authority),
});
export type Settings = z.infer<typeof Settings>;

/** A credential is tried before it is stored: one that does not work is refused with `CREDENTIAL_REFUSED`. */
export const PatchSettings = z.strictObject({
  controlUrl: ControlUrl.optional(),
  hostname: Hostname.optional(),
  oneClick: Settings.shape.oneClick.optional(),
  machineCredential: NewMachineCredential.optional(),
  /** As in an image reference: `stable`, `latest`, `v1.102`, `v1.102.3`, `unstable`; empty for the bundled version. */
  machineTailscale: z
    .string()
    .regex(
      /^$|^(stable|latest|unstable|v\d+\.\d+(\.\d+)?)$/,
      "must be stable, latest, unstable or a version such as v1.102",
    )
    .optional(),
  machineNames: Settings.shape.machineNames.optional(),
  /** Other tags for the OAuth client that is stored, which is tried with them; refused with `BAD_REQUEST` without one. */
  machineTags: z.array(Tag).min(1).max(16).optional(),
  updateNotices: Settings.shape.updateNotices.optional(),
  /** Certificates of authorities as PEM, which replace the previous ones; empty for none. Invalid text gets `BAD_REQUEST`. */
  authorities: z.string().max(32_768).optional(),
});
export type PatchSettings = z.infer<typeof PatchSettings>;
