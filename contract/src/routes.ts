import { z } from "zod";
import { ErrorCode, Fault } from "./errors.ts";
import {
  ContainerPort,
  Exposure,
  Hostname,
  MachineOptions,
  Mode,
  NetworkName,
  PortNumber,
  RunState,
  Settings,
  Snapshot,
} from "./model.ts";

/** How long a change waits to take effect before it is answered. */
export const SETTLE_MS = 1_000;
/** Docker Desktop's bridge to the backend ends requests that last longer than this and a little. */
export const LONG_POLL_MS = 20_000;
export const MAX_BODY_BYTES = 64 * 1024;
/** A backup holds all shares and, for each machine, tailscaled's state. */
export const MAX_RESTORE_BYTES = 8 * 1024 * 1024;
/** More are refused with `BAD_REQUEST`. */
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

const WantedPort = z.strictObject({
  ...ContainerPort.shape,
  nodePort: PortNumber.optional(),
  https: z.boolean().optional(),
});

/**
 * `mode` left out: the share's own, else `Settings.oneClickMode`. `ports` left out: the share's own, else one (`node`:
 * published, else answering HTTP, else the likeliest) or all that are declared one by one (`machine`). A port without `nodePort` gets
 * the next free one; a port without `https` keeps its setting. Omitted fields of `machine` stay as they are; an omitted name is made from
 * the workload's.
 */
export const PutShare = z.strictObject({
  mode: Mode.optional(),
  machine: z.strictObject(MachineOptions.partial().shape).optional(),
  ports: z.array(WantedPort).min(1).optional(),
  /** The container's network that the node uses; null lets the extension choose. Omitted, it stays unchanged. */
  network: NetworkName.nullable().optional(),
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
  machineNames: Settings.shape.machineNames.optional(),
  /** Other tags for the OAuth client that is stored, which is tried with them; refused with `BAD_REQUEST` without one. */
  machineTags: z.array(Tag).min(1).max(16).optional(),
  updateNotices: Settings.shape.updateNotices.optional(),
  /** Certificates of authorities as PEM, which replace the previous ones; empty for none. Invalid text gets `BAD_REQUEST`. */
  authorities: z.string().max(32_768).optional(),
});
export type PatchSettings = z.infer<typeof PatchSettings>;

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

const Hop = z.enum([
  "container",
  "network",
  "listening",
  "data-plane",
  "machine",
  "visit",
  "node",
  "machine-visit",
  "way-back",
  "tailnet",
]);

/** One hop on the way between the container and the tailnet's other devices. `not-tried`: nobody can tell, for a reason that is no fault. */
export const CheckHop = z.discriminatedUnion("outcome", [
  z.object({ hop: Hop, outcome: z.literal("passed"), detail: z.string() }),
  z.object({ hop: Hop, outcome: z.literal("not-tried"), detail: z.string() }),
  z.object({ hop: Hop, outcome: z.literal("failed"), fault: Fault }),
]);
export type CheckHop = z.infer<typeof CheckHop>;

/** Hops in order; one that failed is the last that was tried. */
export const CheckReport = z.object({
  hops: z.array(CheckHop),
  /** What was in place when it was checked: a row that shows anything else has changed since. */
  of: z.object({ run: RunState, containerId: z.string().nullable(), exposure: Exposure }),
});
export type CheckReport = z.infer<typeof CheckReport>;

/** Why a check failed, and what to do about it; null when it did not. */
export function faultOf({ hops }: Pick<CheckReport, "hops">): Fault | null {
  const last = hops.at(-1);
  return last?.outcome === "failed" ? last.fault : null;
}

/** A step that would be taken now: its kind, and the workload, network or image that it is about; empty for all of them. */
export const PlannedStep = z.object({ step: z.string(), on: z.string() });
export type PlannedStep = z.infer<typeof PlannedStep>;

/** A step that failed the last time it was tried. Times are ISO 8601. */
export const FailedStep = PlannedStep.extend({
  code: ErrorCode,
  /** In a row. */
  attempts: z.int().min(1),
  failedAt: z.string(),
  retryAt: z.string(),
});
export type FailedStep = z.infer<typeof FailedStep>;

/** A redacted report for a bug tracker: no secrets, no addresses, names or users of other devices as far as they are known. */
export const Diagnostics = z.object({
  createdAt: z.string(),
  snapshot: Snapshot,
  /** What the loop would do now, in order; empty when everything is in place. */
  plan: z.array(PlannedStep),
  failures: z.array(FailedStep),
  health: z.array(z.string()),
  backendLog: z.array(z.string()),
  tailscaledLog: z.array(z.string()),
});
export type Diagnostics = z.infer<typeof Diagnostics>;

/** Whoever has it and the backup can be this node and its machines in the tailnet. */
export const Passphrase = z.string().min(12).max(512);

export const BackupRequest = z.strictObject({
  /** With it, the identities of the node and the machines are in the backup, sealed. Without, they are not. */
  passphrase: Passphrase.optional(),
});
export type BackupRequest = z.infer<typeof BackupRequest>;

/** Everything that makes this installation what it is, but credentials. */
export const Backup = z.object({
  format: z.literal("tailnet-share-backup"),
  version: z.literal(1),
  /** ISO 8601. */
  createdAt: z.string(),
  /** The node's name in the tailnet; empty when it was in none. */
  device: z.string(),
  /** The files of the store, as they stand, with their versions and checksums. */
  shares: z.record(z.string(), z.unknown()),
  settings: z.record(z.string(), z.unknown()),
  /** AES-256-GCM under a key that scrypt makes of the passphrase. */
  identities: z.object({ salt: z.base64(), nonce: z.base64(), sealed: z.base64() }).nullable(),
});
export type Backup = z.infer<typeof Backup>;

/**
 * Puts a backup in the place of what is stored here; what was shared here and is not in it is shared no more. With the passphrase
 * the node and the machines become those of the backup, and are refused with `IDENTITY_IN_USE` while another machine still is them.
 */
export const Restore = z.strictObject({ backup: z.unknown(), passphrase: Passphrase.optional() });
export type Restore = z.infer<typeof Restore>;

/** The last lines, oldest first, redacted as in `Diagnostics`. */
export const Logs = z.object({ backend: z.array(z.string()), tailscaled: z.array(z.string()) });
export type Logs = z.infer<typeof Logs>;

/** A port that a program in a container listens on. */
export const ListeningPort = ContainerPort.extend({
  /** Where it is reachable: `any` on every address of the container, `address` on some of them, `loopback` only inside the container. */
  at: z.enum(["any", "address", "loopback"]),
  families: z.array(z.enum(["ipv4", "ipv6"])),
});
export type ListeningPort = z.infer<typeof ListeningPort>;

/** A container's listening ports worth showing, found without connecting to it; `fault` explains a failed look. */
export const Listening = z.object({ ports: z.array(ListeningPort), fault: Fault.nullable() });
export type Listening = z.infer<typeof Listening>;

/** Each hop that the extension as a whole needs, in order; true only where it was tried just now. */
export const Health = z.object({
  ok: z.boolean(),
  hops: z.array(
    z.object({
      hop: z.enum(["loop", "engine", "tailscaled", "data-plane", "store", "egress", "tailnet", "machines"]),
      ok: z.boolean(),
      detail: z.string(),
    }),
  ),
});
export type Health = z.infer<typeof Health>;

export { Hostname, Settings };
