import { z } from "zod";
import { Fault } from "./errors.ts";
import { ContainerPort, Mode, PortNumber, Settings, Snapshot, WorkloadId } from "./model.ts";

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
 * | `POST /shares/:workload/check` | – | `CheckReport` |
 * | `POST /login` | `Login` | `Snapshot` |
 * | `DELETE /login` | – | `Snapshot`; cancels a log-in that is under way |
 * | `POST /logout` | – | `Snapshot` |
 * | `PATCH /node` | `PatchNode` | `Snapshot` |
 * | `GET /settings`, `PATCH /settings` | `PatchSettings` | `Settings`, `Snapshot` |
 * | `GET /diagnostics` | – | `Diagnostics` |
 */
export const SETTLE_MS = 1_000;
/** Docker Desktop's bridge to the backend ends requests that last longer than this and a little. */
export const LONG_POLL_MS = 20_000;
export const MAX_BODY_BYTES = 64 * 1024;
export const MAX_PORTS_PER_SHARE = 64;

/** RFC 1123 label, as a tailnet device name. */
export const Hostname = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be 1 to 63 lower-case letters, digits or dashes, and neither begin nor end with a dash",
  );

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

/** `ports` left out: the backend picks the likeliest port. A port without `nodePort` gets the next free one. */
export const PutShare = z.strictObject({
  mode: Mode.optional(),
  ports: z
    .array(z.strictObject({ ...ContainerPort.shape, nodePort: PortNumber.optional() }))
    .min(1)
    .max(MAX_PORTS_PER_SHARE)
    .optional(),
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

export const PatchSettings = z.strictObject({
  controlUrl: ControlUrl.optional(),
  hostname: Hostname.optional(),
});
export type PatchSettings = z.infer<typeof PatchSettings>;

export const SnapshotQuery = z.strictObject({ since: z.string().max(128).optional() });
export const ShareParams = z.strictObject({ workload: WorkloadId });

/** One hop on the way from the tailnet to the container, in order. */
export const CheckHop = z.object({
  hop: z.enum(["container", "network", "listening", "data-plane", "node"]),
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

export { Settings };
