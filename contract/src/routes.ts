import { z } from "zod";
import { Fault } from "./errors.ts";
import {
  ContainerPort,
  Hostname,
  MachineOptions,
  Mode,
  PortNumber,
  Settings,
  Snapshot,
  WorkloadId,
} from "./model.ts";

/**
 * The HTTP interface on the backend's unix socket. Every change answers with the new snapshot, after waiting up to
 * `SETTLE_MS` for it to take effect. Errors are `ErrorBody` with a 4xx; what belongs to the domain (a share that
 * failed) is in the snapshot instead, because some hosts drop the body of a non-2xx answer.
 *
 * | route | body | answer |
 * | --- | --- | --- |
 * | `GET /snapshot?since=<revision>` | – | `Snapshot`; with `since`, held back until it is newer, at most 20 s |
 * | `PUT /shares/:workload` | `PutShare` | `Snapshot` |
 * | `DELETE /shares/:workload` | – | `Snapshot` |
 * | `DELETE /shares` | – | `Snapshot`; stops sharing everything |
 * | `POST /shares/:workload/check` | – | `CheckReport` |
 * | `POST /login` | `Login` | `Snapshot` |
 * | `DELETE /login` | – | `Snapshot`; cancels a log-in that is under way |
 * | `POST /logout` | – | `Snapshot` |
 * | `PATCH /node` | `PatchNode` | `Snapshot` |
 * | `GET /names/:name?workload=<id>` | – | `NameCheck`; may this workload's machine be called so |
 * | `GET /settings`, `PATCH /settings` | `PatchSettings` | `Settings`, `Snapshot` |
 * | `GET /diagnostics` | – | `Diagnostics` |
 */
export const SETTLE_MS = 1_000;
/** Docker Desktop's bridge to the backend ends requests that last longer than this and a little. */
export const LONG_POLL_MS = 20_000;
export const MAX_BODY_BYTES = 64 * 1024;
export const MAX_PORTS_PER_SHARE = 64;

/** Control server's address; empty means Tailscale's own. */
export const ControlUrl = z.union([
  z.literal(""),
  z
    .url({ protocol: /^https?$/, hostname: /^[^\s/?#@]+$/ })
    .max(512)
    .refine((url) => !/[?#@]/.test(url), "must be a plain http or https address"),
]);

/** Pre-authentication key of Tailscale or Headscale. Goes in, never out. */
export const AuthKey = z
  .string()
  .min(8)
  .max(512)
  .regex(/^[\x21-\x7e]+$/, "must not contain spaces or control characters");

/**
 * `mode` left out: the share's own, else `Settings.oneClickMode`. `ports` left out: the share's own, else the likeliest
 * port (`node`) or all declared ones (`machine`). A port without `nodePort` gets the next free one. What is left out of
 * `machine` stays as it is; a name that is left out is made from the workload's.
 */
export const PutShare = z.strictObject({
  mode: Mode.optional(),
  machine: z.strictObject(MachineOptions.partial().shape).optional(),
  ports: z
    .array(z.strictObject({ ...ContainerPort.shape, nodePort: PortNumber.optional() }))
    .min(1)
    .max(MAX_PORTS_PER_SHARE)
    .optional(),
  /** When it ends by itself; null for never. Left out, it stays as it is. */
  until: z.iso.datetime({ offset: true }).nullable().optional(),
});
export type PutShare = z.infer<typeof PutShare>;

export const Login = z.strictObject({
  authKey: AuthKey.optional(),
  controlUrl: ControlUrl.optional(),
  hostname: Hostname.optional(),
  /** Throw away a link that was given out before and ask for a new one. */
  fresh: z.boolean().optional(),
  /** Keep the present account and log in to another one beside it. */
  anotherAccount: z.boolean().optional(),
});
export type Login = z.infer<typeof Login>;

export const PatchNode = z.strictObject({
  /** False pauses: everything unreachable, intentions kept. */
  connected: z.boolean().optional(),
  hostname: Hostname.optional(),
  /** Switch to an account of `Snapshot.accounts`, by its id. */
  account: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[\w-]+$/)
    .optional(),
});
export type PatchNode = z.infer<typeof PatchNode>;

/** A tag as Tailscale's policy file names it. */
export const Tag = z
  .string()
  .max(64)
  .regex(/^tag:[a-zA-Z][a-zA-Z0-9-]*$/, "must be 'tag:' and letters, digits or dashes");

/** How machines are to log in; goes in, never out. */
export const NewMachineCredential = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({
    kind: z.literal("oauth"),
    clientId: z
      .string()
      .min(4)
      .max(128)
      .regex(/^[\w-]+$/, "must be letters, digits and dashes"),
    clientSecret: AuthKey,
    tags: z.array(Tag).min(1).max(16),
  }),
  z.strictObject({ kind: z.literal("auth-key"), authKey: AuthKey }),
]);
export type NewMachineCredential = z.infer<typeof NewMachineCredential>;

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
});
export type PatchSettings = z.infer<typeof PatchSettings>;

export const SnapshotQuery = z.strictObject({ since: z.string().max(128).optional() });
/** Whether a workload's machine may have this name. Names in use by others are never listed, only answered for. */
export const NameCheck = z.object({
  name: Hostname,
  taken: z.boolean(),
  /** A free name: the one asked for, else the next like it. */
  proposal: Hostname,
  /** Full MagicDNS name of the one asked for; empty while the tailnet's domain is unknown. */
  dnsName: z.string(),
});
export type NameCheck = z.infer<typeof NameCheck>;
export const NameParams = z.strictObject({ name: Hostname });
export const NameQuery = z.strictObject({ workload: WorkloadId });

export const ShareParams = z.strictObject({ workload: WorkloadId });

/** One hop on the way from the tailnet to the container, in order. */
export const CheckHop = z.object({
  hop: z.enum(["container", "network", "listening", "data-plane", "machine", "node"]),
  ok: z.boolean(),
  detail: z.string(),
});

/** Hops in order; the first that is not ok is the last one tried, and `fault` says what to do about it. */
export const CheckReport = z.object({ hops: z.array(CheckHop), fault: Fault.nullable() });
export type CheckReport = z.infer<typeof CheckReport>;

/** A redacted report for a bug tracker: no secrets, no addresses of other devices. */
export const Diagnostics = z.object({
  createdAt: z.string(),
  snapshot: Snapshot,
  health: z.array(z.string()),
  tailscaledLog: z.array(z.string()),
});
export type Diagnostics = z.infer<typeof Diagnostics>;

export { Hostname, Settings };
