import { z } from "zod";
import { Backup, BackupRequest, MAX_RESTORE_BYTES, Restore } from "./backup.ts";
import { CheckReport } from "./check.ts";
import { Listening } from "./listening.ts";
import { Hostname, Login, PatchNode } from "./log-in.ts";
import { MachineKey, NameCheck } from "./machine.ts";
import { Diagnostics, Health, Logs } from "./operations.ts";
import type { Role } from "./session.ts";
import { PatchSettings, Settings } from "./settings.ts";
import { PutShare } from "./share.ts";
import { Snapshot } from "./snapshot.ts";
import { WorkloadId } from "./workload.ts";

/** One call of the HTTP interface. */
export interface Route {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** `:name` and `?name` are placeholders for values of the types in `PARTS`. */
  readonly path: string;
  /** Sent as JSON. Without it, the request has no body. */
  readonly body?: z.ZodType;
  readonly maxBodyBytes?: number;
  /** A schema for an answer as JSON, or the content type of a text answer. */
  readonly answer: z.ZodType | string;
  /** The status of an answer whose `ok` is false. */
  readonly notOkStatus?: number;
  /** The role that the route needs in a browser. Otherwise `view` for a GET and `edit` for the rest. */
  readonly role?: Role;
  /** One sentence for the documentation. */
  readonly does: string;
}

/** Schemas of the variable parts of paths and queries. */
export const PARTS = {
  workload: WorkloadId,
  name: Hostname,
  /** The key in `Alert.machines`. */
  machine: MachineKey,
  /** `Snapshot.revision` of the caller's snapshot. */
  since: z.string().max(128).optional(),
} as const;

/**
 * The HTTP interface on the backend's unix socket: the server, every client and the documentation are made from this table. A change waits
 * up to `SETTLE_MS` to take effect and answers with the new snapshot. Errors are `ErrorBody` with a 4xx or 5xx; a share that failed is in
 * the snapshot instead, because some hosts drop the body of an answer that is not a 2xx.
 */
export const API = {
  snapshot: {
    method: "GET",
    path: "/snapshot?since",
    answer: Snapshot,
    does: "Everything a panel shows. With `since`, the answer waits until there is something newer, at most 20 s.",
  },
  putShare: {
    method: "PUT",
    path: "/shares/:workload",
    body: PutShare.default({}),
    answer: Snapshot,
    does: "Shares a workload, or changes its share.",
  },
  deleteShare: {
    method: "DELETE",
    path: "/shares/:workload",
    answer: Snapshot,
    does: "Stops sharing a workload.",
  },
  deleteShares: { method: "DELETE", path: "/shares", answer: Snapshot, does: "Stops sharing everything." },
  check: {
    method: "POST",
    path: "/shares/:workload/check",
    role: "view",
    answer: CheckReport,
    does: "Tries the way from the tailnet to the container, hop by hop.",
  },
  listening: {
    method: "GET",
    path: "/workloads/:workload/listening",
    answer: Listening,
    does: "The ports that the workload's container listens on now.",
  },
  retry: {
    method: "POST",
    path: "/retry",
    answer: Snapshot,
    does: "Retries at once everything that failed and waits for its next attempt.",
  },
  deleteRetirement: {
    method: "DELETE",
    path: "/retirements/:machine",
    answer: Snapshot,
    does: "Gives up removing this machine from its tailnet and forgets it here.",
  },
  login: {
    method: "POST",
    path: "/login",
    body: Login.default({}),
    answer: Snapshot,
    does: "Logs the node in. While it is connected, renews its key.",
  },
  cancelLogin: {
    method: "DELETE",
    path: "/login",
    answer: Snapshot,
    does: "Cancels a login in progress.",
  },
  logout: { method: "POST", path: "/logout", answer: Snapshot, does: "Logs the node out." },
  patchNode: {
    method: "PATCH",
    path: "/node",
    body: PatchNode,
    answer: Snapshot,
    does: "Pauses, resumes or renames the node, or switches its account.",
  },
  checkName: {
    method: "GET",
    path: "/names/:name?workload",
    answer: NameCheck,
    does: "Whether the workload's machine may have this name.",
  },
  settings: { method: "GET", path: "/settings", answer: Settings, does: "The settings, without secrets." },
  patchSettings: {
    method: "PATCH",
    path: "/settings",
    body: PatchSettings,
    answer: Snapshot,
    does: "Changes settings.",
  },
  diagnostics: {
    method: "GET",
    path: "/diagnostics",
    answer: Diagnostics,
    does: "A redacted report for a bug tracker.",
  },
  backup: {
    method: "POST",
    path: "/backup",
    body: BackupRequest.default({}),
    answer: Backup,
    does: "A backup of shares and settings; with a passphrase, of identities as well.",
  },
  restore: {
    method: "POST",
    path: "/restore",
    body: Restore,
    maxBodyBytes: MAX_RESTORE_BYTES,
    answer: Snapshot,
    does: "Replaces what is stored here with a backup.",
  },
  logs: { method: "GET", path: "/logs", answer: Logs, does: "The last log lines, redacted." },
  health: {
    method: "GET",
    path: "/health",
    answer: Health,
    notOkStatus: 503,
    does: "Each hop that Tailnet Share as a whole needs. Status 503 when one fails.",
  },
  metrics: {
    method: "GET",
    path: "/metrics",
    // Source: https://prometheus.io/docs/instrumenting/exposition_formats/
    answer: "text/plain; version=0.0.4; charset=utf-8",
    does: "Metrics in Prometheus' text format.",
  },
} as const satisfies Readonly<Record<string, Route>>;

export type Api = typeof API;
export type RouteName = keyof Api;

type Parts = typeof PARTS;
type PartName = keyof Parts;

/** `:name` parts of a path without its query, in order. */
type PathNames<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer More}`
    ? [Name, ...PathNames<More>]
    : [Rest]
  : [];
type Before<Path extends string> = Path extends `${infer Main}?${string}` ? Main : Path;
type Values<Names extends readonly unknown[]> = {
  [Index in keyof Names]: Names[Index] extends PartName ? z.output<Parts[Names[Index]]> : never;
};
type QueryValue<Path extends string> = Path extends `${string}?${infer Name extends PartName}`
  ? undefined extends z.output<Parts[Name]>
    ? [value?: z.output<Parts[Name]>]
    : [value: z.output<Parts[Name]>]
  : [];
type BodyOf<R extends Route> = R extends { body: infer Body extends z.ZodType }
  ? undefined extends z.input<Body>
    ? [body?: z.output<Body>]
    : [body: z.output<Body>]
  : [];

/** A route's values in the order of its path, then its body. */
export type Arguments<R extends Route> = [
  ...Values<PathNames<Before<R["path"]>>>,
  ...QueryValue<R["path"]>,
  ...BodyOf<R>,
];
export type Answer<R extends Route> = R["answer"] extends z.ZodType ? z.output<R["answer"]> : string;

/** The names of a path's variable parts, in order, the query's last. */
export function partNames(path: string): readonly PartName[] {
  return [...path.matchAll(/[:?](\w+)/g)].map(([, name = ""]) => {
    if (!(name in PARTS)) throw new Error(`${path}: there is no part '${name}'`);
    return name as PartName;
  });
}

/** The part of a route's path before its query. */
export function withoutQuery(path: string): string {
  return path.replace(/\?.*/, "");
}
